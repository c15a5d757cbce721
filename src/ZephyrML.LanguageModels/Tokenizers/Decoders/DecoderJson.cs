using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the decoder of <c>tokenizer.json</c>.</summary>
internal static class DecoderJson
{
    private const string Supported = "none, ByteLevel, Metaspace, Replace, ByteFallback, Fuse, Strip, WordPiece, BPEDecoder, CTC and a Sequence of them";

    public static TokenDecoder Read(JsonElement section)
    {
        switch (TokenizerJson.Type(section))
        {
            case "Sequence":
                var steps = section.GetProperty("decoders").EnumerateArray().Select(Read).ToList();
                return steps is [var only] ? only : new DecoderSequence(steps);
            case "ByteLevel":
                return new ByteLevelDecoder();
            case "Metaspace":
                var (replacement, scheme) = MetaspaceJson.Read(section);
                return new MetaspaceDecoder(replacement, scheme);
            case "Replace":
                return new ReplaceDecoder(PatternJson.Read(section, "decoder Replace"), TokenizerJson.RequiredText(section, "content", "decoder Replace"));
            case "ByteFallback":
                return new ByteFallbackDecoder();
            case "Fuse":
                return new FuseDecoder();
            case "Strip":
                return new StripDecoder(
                    TokenizerJson.Character(section, "content", "decoder Strip"), TokenizerJson.Count(section, "start", "decoder Strip"), TokenizerJson.Count(section, "stop", "decoder Strip"));
            case "WordPiece":
                return new WordPieceDecoder(TokenizerJson.Text(section, "prefix") ?? "##", TokenizerJson.Flag(section, "cleanup", true));
            case "BPEDecoder":
                return new BpeDecoder(NotEmpty(section, "suffix", "</w>", "BPEDecoder"));
            case "CTC":
                return new CtcDecoder(
                    TokenizerJson.Text(section, "pad_token") ?? "<pad>", NotEmpty(section, "word_delimiter_token", "|", "CTC"), TokenizerJson.Flag(section, "cleanup", true));
            case var other:
                throw TokenizerJson.Unsupported($"the decoder '{other}'", Supported);
        }
    }

    private static string NotEmpty(JsonElement section, string name, string otherwise, string decoder) => (TokenizerJson.Text(section, name) ?? otherwise) is { Length: > 0 } text
        ? text : throw TokenizerJson.Unsupported($"the decoder {decoder} with an empty {name}", "a text");
}
