namespace ZephyrML.LanguageModels;

/// <summary>Where a layer's norms stand.</summary>
public enum NormPlacement
{
    /// <summary>Before attention and before feed-forward.</summary>
    Before,
    /// <summary>After each of them, before it is added.</summary>
    After,
    /// <summary>On both sides of each.</summary>
    Around,
}
