namespace ZephyrML.LanguageModels;

/// <summary>How a <see cref="BpeModel"/> goes about it.</summary>
/// <param name="WholeWordFirst"><c>ignore_merges</c>: a piece that is a token is that token, whatever the merges say.</param>
/// <param name="Unknown">The id for characters that are no token, or -1 to leave them out.</param>
/// <param name="FuseUnknown">Whether a run of such characters is one unknown token.</param>
/// <param name="ByteFallback">Whether a character that is no token becomes the tokens of its UTF-8 bytes, if there are such.</param>
internal sealed record BpeSettings(bool WholeWordFirst, int Unknown, bool FuseUnknown, bool ByteFallback);
