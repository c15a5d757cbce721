namespace ZephyrML.LanguageModels;

/// <summary>What a <c>tokenizer.json</c> says.</summary>
internal sealed class TokenizerDefinition
{
    public required BpeModel Model { get; init; }

    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    public required TextNormalizer? Normalizer { get; init; }

    /// <summary>The steps of the pre-tokenizer, the split of ByteLevel last.</summary>
    public required IReadOnlyList<PreTokenizerStep> Steps { get; init; }

    /// <summary>Whether ByteLevel puts a space before a piece that does not begin with one. The last step, if <see cref="SplitsAfterPrefix"/>, sees that space.</summary>
    public required bool AddPrefixSpace { get; init; }

    /// <summary>Whether ByteLevel itself splits (<c>use_regex</c>), so that its split is the last step.</summary>
    public required bool SplitsAfterPrefix { get; init; }

    /// <summary>Whether offsets leave out blanks at the ends of tokens.</summary>
    public required bool TrimOffsets { get; init; }

    /// <summary>Whether trimming spares the one blank at the very start.</summary>
    public required bool TrimSparesPrefix { get; init; }

    /// <summary>Ids that the post-processor puts before a text.</summary>
    public required IReadOnlyList<int> Before { get; init; }

    /// <summary>Ids that the post-processor puts behind a text.</summary>
    public required IReadOnlyList<int> After { get; init; }

    /// <summary>The text that an added token is found by and decoded to: normalised, where it is looked for in normalised text.</summary>
    public string TextOf(AddedToken token) => token.Normalized && Normalizer is not null ? Normalizer.Apply(new NormalizedText(token.Content, 0)).Text : token.Content;
}
