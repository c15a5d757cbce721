using System.Text;
using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the normalizer of <c>tokenizer.json</c>.</summary>
internal static class NormalizerJson
{
    private const string Supported = "none, NFC, NFD, NFKC, NFKD, Lowercase, Prepend, Replace, Strip, StripAccents, Nmt, Precompiled, ByteLevel, BertNormalizer and a Sequence of them";

    public static TextNormalizer Read(JsonElement section) => TokenizerJson.Type(section) switch
    {
        "NFC" => new UnicodeNormalizer(NormalizationForm.FormC),
        "NFD" => new UnicodeNormalizer(NormalizationForm.FormD),
        "NFKC" => new UnicodeNormalizer(NormalizationForm.FormKC),
        "NFKD" => new UnicodeNormalizer(NormalizationForm.FormKD),
        "Lowercase" => new LowercaseNormalizer(),
        "Prepend" => new PrependNormalizer(TokenizerJson.RequiredText(section, "prepend", "normalizer Prepend")),
        "Replace" => new ReplaceNormalizer(PatternJson.Read(section, "normalizer Replace"), TokenizerJson.RequiredText(section, "content", "normalizer Replace")),
        "Strip" => new StripNormalizer(TokenizerJson.Flag(section, "strip_left", true), TokenizerJson.Flag(section, "strip_right", true)),
        "StripAccents" => FilterNormalizer.StripAccents,
        "Nmt" => FilterNormalizer.Nmt,
        "ByteLevel" => new ByteLevelNormalizer(),
        "BertNormalizer" => ReadBert(section),
        "Precompiled" => ReadPrecompiled(section),
        "Sequence" => new NormalizerSequence([.. section.GetProperty("normalizers").EnumerateArray().Select(Read)]),
        var other => throw TokenizerJson.Unsupported($"the normalizer '{other}'", Supported),
    };

    // Accents go where letters become small, unless it says otherwise.
    private static TextNormalizer ReadBert(JsonElement section)
    {
        var lowercase = TokenizerJson.Flag(section, "lowercase", true);
        return BertNormalizer.Create(
            TokenizerJson.Flag(section, "clean_text", true), TokenizerJson.Flag(section, "handle_chinese_chars", true), TokenizerJson.Flag(section, "strip_accents", lowercase), lowercase);
    }

    private static PrecompiledNormalizer ReadPrecompiled(JsonElement section)
    {
        const string Where = $"{TokenizerJson.FileName}: normalizer.precompiled_charsmap";
        if (!section.TryGetProperty("precompiled_charsmap", out var map) || map.ValueKind != JsonValueKind.String || !map.TryGetBytesFromBase64(out var blob))
            throw new InvalidDataException($"{Where} is missing or not base64.");
        return new PrecompiledNormalizer(new CharsMap(blob, Where));
    }
}
