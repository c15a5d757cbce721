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
        foreach (var @case in fixture.Cases("cases").Where(c => c["pair"] is null))
        {
            count++;
            var text = (string)@case["text"]!;
            var special = (bool)@case["add_special_tokens"]!;
            var expected = TokenizerFixture.Numbers(@case["ids"]);
            var found = fixture.Tokenizer.EncodeWithOffsets(text, special);
            Compare(problems, text, "ids", string.Join(' ', expected), string.Join(' ', found.Ids));
            Compare(problems, text, "ids without offsets", string.Join(' ', expected), string.Join(' ', fixture.Tokenizer.Encode(text, special)));
            var offsets = @case["offsets"]!.AsArray().Select(o => ((int)o![0]!, (int)o[1]!));
            Compare(problems, text, "offsets", string.Join(' ', offsets), string.Join(' ', TokenizerFixture.InCodePoints(text, found.Offsets)));
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
                // All of what the ids decode to, but for replacement characters at the end that may still become something else.
                Assert.IsTrue(prefixes[i].StartsWith(given, StringComparison.Ordinal), $"{Show(given)} is not the start of {Show(prefixes[i])}");
                Assert.AreEqual("", prefixes[i][given.Length..].Trim('\uFFFD'));
            }
            Assert.AreEqual(prefixes.LastOrDefault() ?? "", given + decoder.Finish());
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
