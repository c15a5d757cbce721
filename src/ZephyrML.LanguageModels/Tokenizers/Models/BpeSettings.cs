namespace ZephyrML.LanguageModels;

/// <summary>How a <see cref="BpeModel"/> goes about it.</summary>
/// <param name="WholeWordFirst"><c>ignore_merges</c>: a piece that is a token is that token, whatever the merges say.</param>
/// <param name="Unknown">The id for characters that are no token, or -1 to leave them out.</param>
/// <param name="FuseUnknown">Whether a run of such characters is one unknown token.</param>
/// <param name="ByteFallback">Whether a character that is no token becomes the tokens of its UTF-8 bytes, if there are such.</param>
/// <param name="MissingUnknown">The unknown token where one is named that is not in the vocabulary: an error as soon as it is needed.</param>
/// <param name="Prefix">What tokens begin with that carry a piece on.</param>
/// <param name="Suffix">What tokens end with that end a piece.</param>
internal sealed record BpeSettings(
    bool WholeWordFirst, int Unknown, bool FuseUnknown, bool ByteFallback, string? MissingUnknown = null, string Prefix = "", string Suffix = "")
{
    /// <summary>Whether a character's token hangs on where it stands.</summary>
    public bool HasAffixes => Prefix.Length > 0 || Suffix.Length > 0;
}
