using System.IO.Compression;
using System.Text.Json;
using ZephyrML.LanguageModels;

namespace ZephyrML.Parity;

/// <summary>A tokenizer's files: encoding with offsets, decoding, decoding token by token.</summary>
internal static class TokenizerKind
{
    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        var tokenizer = LanguageModelTokenizer.Read(name => Open(folder, name));
        foreach (var entry in Entries(fixture, "cases")) outcome.Case(Guarded(() => Encoded(tokenizer, entry)));
        foreach (var entry in Entries(fixture, "decode_only")) outcome.Case(Guarded(() => Decoded(tokenizer, entry)));
        foreach (var entry in Entries(fixture, "streaming")) outcome.Case(Guarded(() => Streamed(tokenizer, entry)));
    }

    private static string? Encoded(LanguageModelTokenizer tokenizer, JsonElement entry)
    {
        string text = entry.GetProperty("text").GetString()!;
        if (entry.TryGetProperty("pair", out var pair) && pair.ValueKind != JsonValueKind.Null) return $"pairs are not encoded: {Show(text)}";
        bool special = entry.GetProperty("add_special_tokens").GetBoolean();
        var found = tokenizer.EncodeWithOffsets(text, special);
        if (!found.Ids.SequenceEqual(Ids(entry)) || !tokenizer.Encode(text, special).SequenceEqual(Ids(entry))) return $"ids of {Show(text)} differ";
        var offsets = entry.GetProperty("offsets").EnumerateArray().Select(o => (o[0].GetInt32(), o[1].GetInt32()));
        return InCodePoints(text, found.Offsets).SequenceEqual(offsets) ? Decoded(tokenizer, entry) : $"offsets of {Show(text)} differ";
    }

    private static string? Decoded(LanguageModelTokenizer tokenizer, JsonElement entry)
    {
        int[] ids = Ids(entry);
        string whole = entry.GetProperty("decoded").GetString()!, bare = entry.GetProperty("decoded_skip_special").GetString()!;
        return tokenizer.Decode(ids, skipSpecialTokens: false) == whole && tokenizer.Decode(ids) == bare ? null : $"the text of the ids of {Show(whole)} differs";
    }

    // All of what the ids decode to so far, but for replacement characters at the end that may still become something else.
    private static string? Streamed(LanguageModelTokenizer tokenizer, JsonElement entry)
    {
        var decoder = new StreamingDecoder(tokenizer, entry.GetProperty("skip_special_tokens").GetBoolean());
        string given = "", last = "";
        foreach (var (id, prefix) in Ids(entry).Zip(entry.GetProperty("prefixes").EnumerateArray().Select(p => p.GetString()!)))
        {
            given += decoder.Add(id);
            last = prefix;
            if (!prefix.StartsWith(given, StringComparison.Ordinal) || prefix[given.Length..].Trim('\uFFFD').Length > 0) return $"what was given out of {Show(prefix)} is {Show(given)}";
        }
        return given + decoder.Finish() == last ? null : $"the stream of {Show(last)} ends otherwise";
    }

    private static string? Guarded(Func<string?> check)
    {
        try
        {
            return check();
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    private static IEnumerable<JsonElement> Entries(JsonElement fixture, string key) => fixture.TryGetProperty(key, out var list) ? list.EnumerateArray() : [];

    private static int[] Ids(JsonElement entry) => [.. entry.GetProperty("ids").EnumerateArray().Select(x => x.GetInt32())];

    /// <summary>UTF-16 ranges of a text as ranges of code points, which is how the results have them.</summary>
    private static IEnumerable<(int, int)> InCodePoints(string text, IReadOnlyList<(int Start, int End)> offsets)
    {
        var place = new int[text.Length + 1];
        for (int i = 0, n = 0; i < text.Length; i++, place[i] = n)
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) n++;
        return offsets.Select(o => (place[o.Start], place[o.End]));
    }

    private static string Show(string text) => JsonSerializer.Serialize(text.Length > 60 ? text[..60] + "..." : text);

    private static Stream? Open(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (File.Exists(path)) return File.OpenRead(path);
        return File.Exists(path + ".gz") ? new GZipStream(File.OpenRead(path + ".gz"), CompressionMode.Decompress) : null;
    }
}
