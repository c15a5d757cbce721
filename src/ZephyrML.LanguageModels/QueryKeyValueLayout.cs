namespace ZephyrML.LanguageModels;

/// <summary>How the weights of queries, keys and values are stored.</summary>
public enum QueryKeyValueLayout
{
    /// <summary>Three weights.</summary>
    Separate,
    /// <summary>One weight: all queries, then all keys, then all values.</summary>
    Fused,
    /// <summary>One weight: query, key and value of the first head, then those of the second.</summary>
    FusedByHead,
}
