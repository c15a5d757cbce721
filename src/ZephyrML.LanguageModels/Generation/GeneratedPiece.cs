namespace ZephyrML.LanguageModels;

/// <summary>A piece of a reply that is streamed.</summary>
/// <param name="Text">What came; empty in the last piece.</param>
/// <param name="Whole">The whole reply, in the last piece; else null.</param>
public sealed record GeneratedPiece(string Text, GeneratedText? Whole);
