using System.Text;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Compares a tokenizer with a fixture's results and lists the differences.</summary>
internal static class FixtureChecks
{
    public static void Encode(TokenizerFixture fixture)
    {
        var problems = new List<string>();
        var count = 0;
        foreach (var @case in fixture.Cases("cases"))
        {
            count++;
            var text = (string)@case["text"]!;
            var pair = (string?)@case["pair"];
            var special = (bool)@case["add_special_tokens"]!;
            var expected = TokenizerFixture.Numbers(@case["ids"]);
            var found = pair is null ? fixture.Tokenizer.EncodeWithOffsets(text, special) : fixture.Tokenizer.EncodePairWithOffsets(text, pair, special);
            Compare(problems, text, "ids", string.Join(' ', expected), string.Join(' ', found.Ids));
            if (pair is null)
                Compare(problems, text, "ids without offsets", string.Join(' ', expected), string.Join(' ', fixture.Tokenizer.Encode(text, special)));
            var types = @case["type_ids"] is { } given ? TokenizerFixture.Numbers(given) : new int[expected.Length];
            Compare(problems, text, "type ids", string.Join(' ', types), string.Join(' ', found.TypeIds));
            // The repository's oldest copies lack mask and tokens.
            var marked = @case["special_tokens_mask"];
            var mask = marked is not null ? TokenizerFixture.Numbers(marked) : new int[expected.Length];
            if (@case["tokens"] is not null || marked is not null)
                Compare(problems, text, "mask", string.Join(' ', mask), string.Join(' ', found.SpecialTokensMask.Select(m => m ? 1 : 0)));
            if (@case["tokens"] is { } tokens)
                Compare(problems, text, "tokens", string.Join('|', tokens.AsArray().Select(t => (string)t!)), string.Join('|', found.Tokens));
            var offsets = @case["offsets"]!.AsArray().Select(o => ((int)o![0]!, (int)o[1]!));
            // In a pair, which text an offset counts in shows in the type alone, and not always there.
            if (pair is null || !(text + pair).Any(char.IsSurrogate))
                Compare(problems, text, "offsets", string.Join(' ', offsets), string.Join(' ', pair is null ? TokenizerFixture.InCodePoints(text, found.Offsets) : found.Offsets));
            CompareTexts(problems, fixture, @case, expected);
        }
        Report(problems, count);
    }

    public static void Decode(TokenizerFixture fixture)
    {
        var problems = new List<string>();
        var count = 0;
        foreach (var @case in fixture.Cases("decode_only"))
        {
            count++;
            CompareTexts(problems, fixture, @case, TokenizerFixture.Numbers(@case["ids"]));
        }
        Report(problems, count);
    }

    /// <summary>The texts given out token by token are what the whole decodes to, and none of them ends within a character that goes on.</summary>
    public static void Stream(TokenizerFixture fixture)
    {
        foreach (var @case in fixture.Cases("streaming"))
        {
            var ids = TokenizerFixture.Numbers(@case["ids"]);
            var prefixes = @case["prefixes"]!.AsArray().Select(p => (string)p!).ToArray();
            var decoder = new StreamingDecoder(fixture.Tokenizer, (bool)@case["skip_special_tokens"]!);
            var given = "";
            for (var i = 0; i < ids.Length; i++)
            {
                given += decoder.Add(ids[i]);
                if (!fixture.Tokenizer.IsByteLevel)
                    continue;
                // All of what the ids decode to, but for replacement characters at the end that may still become something else.
                Assert.IsTrue(prefixes[i].StartsWith(given, StringComparison.Ordinal), $"{Show(given)} is not the start of {Show(prefixes[i])}");
                Assert.AreEqual("", prefixes[i][given.Length..].Trim('\uFFFD'));
            }
            given += decoder.Finish();
            for (var i = 0; i < ids.Length; i++)
                Assert.AreEqual(prefixes[i], fixture.Tokenizer.Decode(ids.AsSpan(0, i + 1), (bool)@case["skip_special_tokens"]!));
            // Where byte tokens turn out to be no UTF-8, the characters that were given out stay.
            if (fixture.Tokenizer.IsByteLevel || prefixes.LastOrDefault()?.Contains('\uFFFD') != true)
                Assert.AreEqual(prefixes.LastOrDefault() ?? "", given);
            Chunks(fixture, @case, ids);
        }
    }

    /// <summary>What sentencepiece itself makes of its model file.</summary>
    public static void SentencePiece(TokenizerFixture fixture, LanguageModelTokenizer tokenizer)
    {
        var problems = new List<string>();
        var count = 0;
        foreach (var @case in fixture.Cases("sentencepiece"))
        {
            count++;
            var text = (string)@case["text"]!;
            var ids = TokenizerFixture.Numbers(@case["ids"]);
            Compare(problems, text, "ids", string.Join(' ', ids), string.Join(' ', tokenizer.Encode(text)));
            Compare(problems, text, "decoded", (string)@case["decoded"]!, tokenizer.Decode(ids, skipSpecialTokens: false));
        }
        foreach (var @case in fixture.Cases("sentencepiece_decode_only"))
        {
            var ids = TokenizerFixture.Numbers(@case["ids"]);
            Compare(problems, string.Join(' ', ids), "decoded", (string)@case["decoded"]!, tokenizer.Decode(ids, skipSpecialTokens: false));
        }
        Report(problems, count);
    }

    // Chunk for chunk what the library's DecodeStream gives out.
    private static void Chunks(TokenizerFixture fixture, JsonNode @case, int[] ids)
    {
        var stream = new DecodeStream(fixture.Tokenizer, (bool)@case["skip_special_tokens"]!);
        var chunks = @case["chunks"]!.AsArray();
        for (var i = 0; i < chunks.Count; i++)
        {
            if (chunks[i] is JsonObject)
            {
                Assert.Throws<InvalidOperationException>(() => stream.Step(ids[i]));
                break;
            }
            Assert.AreEqual((string?)chunks[i], stream.Step(ids[i]));
        }
    }

    private static void CompareTexts(List<string> problems, TokenizerFixture fixture, JsonNode @case, int[] ids)
    {
        var of = string.Join(' ', ids);
        Compare(problems, of, "decoded", (string)@case["decoded"]!, fixture.Tokenizer.Decode(ids, skipSpecialTokens: false));
        Compare(problems, of, "decoded without special tokens", (string)@case["decoded_skip_special"]!, fixture.Tokenizer.Decode(ids));
    }

    private static void Compare(List<string> problems, string of, string what, string expected, string found)
    {
        if (expected != found)
            problems.Add($"{what} of {Show(of)}\n  expected {Show(expected)}\n  found    {Show(found)}");
    }

    private static void Report(List<string> problems, int count)
    {
        Assert.IsGreaterThan(10, count);
        if (problems.Count > 0)
            Assert.Fail($"{problems.Count} differences in {count} cases:\n{string.Join('\n', problems.Take(20))}");
    }

    private static string Show(string text)
    {
        var shown = new StringBuilder();
        foreach (var c in text.Length > 300 ? text[..300] : text)
            shown.Append(c is < ' ' or > '~' ? $"\\u{(int)c:x4}" : c.ToString());
        return shown.ToString();
    }
}
