using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the decoder of <c>tokenizer.json</c>.</summary>
internal static class DecoderJson
{
    private const string Supported = "none, ByteLevel, Metaspace, Replace, ByteFallback, Fuse, Strip and a Sequence of them";

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
                var character = TokenizerJson.RequiredText(section, "content", "decoder Strip");
                if (character.Length == 0 || character.Length != CharClasses.Length(CharClasses.At(character, 0)))
                    throw new InvalidDataException($"{TokenizerJson.FileName}: content of the decoder Strip is '{character}'; expected one character.");
                return new StripDecoder(character, Count(section, "start"), Count(section, "stop"));
            case var other:
                throw TokenizerJson.Unsupported($"the decoder '{other}'", Supported);
        }
    }

    private static int Count(JsonElement section, string name)
        => section.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 0
            ? count
            : throw new InvalidDataException($"{TokenizerJson.FileName}: the decoder Strip's {name} is missing or no count.");
}
