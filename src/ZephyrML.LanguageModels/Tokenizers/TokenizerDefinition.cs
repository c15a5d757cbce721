namespace ZephyrML.LanguageModels;

/// <summary>What a tokenizer is made of: text goes through normalizer, pre-tokenizer, model and post-processor; tokens come back through the decoder.</summary>
internal sealed class TokenizerDefinition
{
    public required TextNormalizer? Normalizer { get; init; }

    public required TextPreTokenizer? PreTokenizer { get; init; }

    public required TokenModel Model { get; init; }

    public required PostProcessor? PostProcessor { get; init; }

    public required TokenDecoder Decoder { get; init; }

    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    /// <summary>How the file cuts and fills up texts, which only <see cref="LanguageModelTokenizer.EncodeAsStored"/> does.</summary>
    public TokenizerLimits? Limits { get; init; }

    /// <summary>The text that an added token is found by and decoded to: normalised, where it is looked for in normalised text.</summary>
    public string TextOf(AddedToken token) => token.Normalized && Normalizer is not null ? Normalizer.Apply(new NormalizedText(token.Content, 0)).Text : token.Content;
}
