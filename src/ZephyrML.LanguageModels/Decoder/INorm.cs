namespace ZephyrML.LanguageModels;

/// <summary>A norm whose weights an adapter may stand in for.</summary>
internal interface INorm
{
    /// <summary>(size)</summary>
    WeightSlot Weight { get; }

    /// <summary>(size), or null where the norm has none.</summary>
    WeightSlot? Bias { get; }
}
