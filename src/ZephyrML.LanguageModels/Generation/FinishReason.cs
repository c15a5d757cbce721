namespace ZephyrML.LanguageModels;

/// <summary>Why a reply ended.</summary>
public enum FinishReason
{
    /// <summary>At its limit of tokens, or where the model's longest sequence ends.</summary>
    Length,

    /// <summary>The model ended it with one of its stop tokens.</summary>
    StopToken,

    /// <summary>One of the stop strings came.</summary>
    StopString,
}
