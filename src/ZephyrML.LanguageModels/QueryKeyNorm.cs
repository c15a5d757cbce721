namespace ZephyrML.LanguageModels;

/// <summary>Whether queries and keys are normalised before they are rotated.</summary>
public enum QueryKeyNorm
{
    /// <summary>They are not.</summary>
    None,
    /// <summary>Each head by itself, with one weight (D) for all.</summary>
    EachHead,
    /// <summary>All heads together, with a weight (H · D).</summary>
    Whole,
}
