namespace ZephyrML.LanguageModels;

/// <summary>Where a text stands that is encoded.</summary>
internal enum TextPlace
{
    /// <summary>It is the start of a text.</summary>
    Start,

    /// <summary>It follows an added token.</summary>
    AfterToken,

    /// <summary>It carries on the text before it, so that nothing is put in front of it.</summary>
    Within,
}
