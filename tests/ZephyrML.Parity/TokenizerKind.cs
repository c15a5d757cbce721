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
        string? pair = entry.TryGetProperty("pair", out var second) ? second.GetString() : null;
        bool special = entry.GetProperty("add_special_tokens").GetBoolean();
        var found = pair is null ? tokenizer.EncodeWithOffsets(text, special) : tokenizer.EncodePairWithOffsets(text, pair, special);
        int[] ids = Ids(entry);
        if (!found.Ids.SequenceEqual(ids) || pair is null && !tokenizer.Encode(text, special).SequenceEqual(ids)) return $"ids of {Show(text)} differ";
        if (!found.TypeIds.SequenceEqual(Numbers(entry, "type_ids") ?? new int[ids.Length])) return $"type ids of {Show(text)} differ";
        if (!found.SpecialTokensMask.Select(m => m ? 1 : 0).SequenceEqual(Numbers(entry, "special_tokens_mask") ?? new int[ids.Length])) return $"the mask of {Show(text)} differs";
        if (!found.Tokens.SequenceEqual(entry.GetProperty("tokens").EnumerateArray().Select(t => t.GetString()!))) return $"tokens of {Show(text)} differ";
        var offsets = entry.GetProperty("offsets").EnumerateArray().Select(o => (o[0].GetInt32(), o[1].GetInt32()));
        // In a pair, which text an offset counts in shows in the type alone, and not always there: compared where UTF-16 and code points are one.
        bool equal = pair is null ? InCodePoints(text, found.Offsets).SequenceEqual(offsets) : (text + pair).Any(char.IsSurrogate) || found.Offsets.SequenceEqual(offsets);
        return equal ? Decoded(tokenizer, entry) : $"offsets of {Show(text)} differ";
    }

    private static string? Decoded(LanguageModelTokenizer tokenizer, JsonElement entry)
    {
        int[] ids = Ids(entry);
        string whole = entry.GetProperty("decoded").GetString()!, bare = entry.GetProperty("decoded_skip_special").GetString()!;
        return tokenizer.Decode(ids, skipSpecialTokens: false) == whole && tokenizer.Decode(ids) == bare ? null : $"the text of the ids of {Show(whole)} differs";
    }

    // What the first ids decode to, one more each time, and what the library's DecodeStream gives out for each.
    private static string? Streamed(LanguageModelTokenizer tokenizer, JsonElement entry)
    {
        int[] ids = Ids(entry);
        bool skip = entry.GetProperty("skip_special_tokens").GetBoolean();
        string[] prefixes = [.. entry.GetProperty("prefixes").EnumerateArray().Select(p => p.GetString()!)];
        for (int i = 0; i < ids.Length; i++)
            if (tokenizer.Decode(ids.AsSpan(0, i + 1), skip) != prefixes[i]) return $"the first {i + 1} ids of {Show(prefixes[^1])} decode otherwise";
        var stream = new DecodeStream(tokenizer, skip);
        int at = 0;
        foreach (var chunk in entry.GetProperty("chunks").EnumerateArray())
        {
            string? given;
            try
            {
                given = stream.Step(ids[at++]);
            }
            catch (InvalidOperationException)
            {
                return chunk.ValueKind == JsonValueKind.Object ? null : $"the stream of {Show(prefixes[^1])} breaks at id {at - 1}";
            }
            if (chunk.ValueKind == JsonValueKind.Object || given != chunk.GetString()) return $"the stream of {Show(prefixes[^1])} differs at id {at - 1}";
        }
        return null;
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

    private static int[] Ids(JsonElement entry) => Numbers(entry, "ids")!;

    private static int[]? Numbers(JsonElement entry, string key) => entry.TryGetProperty(key, out var list) ? [.. list.EnumerateArray().Select(x => x.GetInt32())] : null;

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
