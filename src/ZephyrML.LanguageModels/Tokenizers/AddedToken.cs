namespace ZephyrML.LanguageModels;

/// <summary>A token that is found in the text as it is written, before anything is split.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="SingleWord">Whether it is found only where no word character stands beside it.</param>
/// <param name="LeftStrip">Whether it swallows the blanks before it.</param>
/// <param name="RightStrip">Whether it swallows the blanks behind it.</param>
/// <param name="Normalized">Whether it is looked for in the normalised text (and is normalised itself).</param>
/// <param name="Special">Whether decoding leaves it out where special tokens are skipped.</param>
internal sealed record AddedToken(int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special);
