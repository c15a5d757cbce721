using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Compares a tokenizer with a fixture's results and lists the differences.</summary>
internal static class FixtureChecks
{
    public static void Encode(TokenizerFixture fixture) => Report(TokenizerReference.Encoding(fixture));

    public static void Decode(TokenizerFixture fixture) => Report(TokenizerReference.Decoding(fixture));

    public static void SentencePiece(TokenizerFixture fixture) => Report(TokenizerReference.SentencePiece(fixture));

    public static void Chats(TokenizerFixture fixture) => Report(TokenizerReference.Chats(fixture), 9);

    public static void Saving(TokenizerFixture fixture) => Report(TokenizerReference.Saving(fixture), 1);

    /// <summary>The library's chunks; and with our own decoder the texts given out are what the whole decodes to, and none of them ends within a character that goes on.</summary>
    public static void Stream(TokenizerFixture fixture)
    {
        Report(TokenizerReference.Streaming(fixture), 1);
        foreach (var @case in fixture.Cases("streaming"))
        {
            var ids = ReferenceText.Numbers(@case["ids"]);
            var prefixes = @case["prefixes"]!.AsArray().Select(p => (string)p!).ToArray();
            var decoder = new StreamingDecoder(fixture.Tokenizer, (bool)@case["skip_special_tokens"]!);
            var given = "";
            for (var i = 0; i < ids.Length; i++)
            {
                given += decoder.Add(ids[i]);
                if (!fixture.Tokenizer.IsByteLevel)
                    continue;
                // All of what the ids decode to, but for replacement characters at the end that may still become something else.
                Assert.IsTrue(prefixes[i].StartsWith(given, StringComparison.Ordinal), $"{ReferenceText.Show(given)} is not the start of {ReferenceText.Show(prefixes[i])}");
                Assert.AreEqual("", prefixes[i][given.Length..].Trim('\uFFFD'));
            }
            given += decoder.Finish();
            // Where byte tokens turn out to be no UTF-8, the characters that were given out stay.
            if (fixture.Tokenizer.IsByteLevel || prefixes.LastOrDefault()?.Contains('\uFFFD') != true)
                Assert.AreEqual(prefixes.LastOrDefault() ?? "", given);
        }
    }

    private static void Report(IEnumerable<string?> reasons, int least = 11)
    {
        var all = reasons.ToList();
        Assert.IsGreaterThanOrEqualTo(least, all.Count);
        var differences = all.OfType<string>().ToList();
        if (differences.Count > 0)
            Assert.Fail($"{differences.Count} differences in {all.Count} cases:\n{string.Join('\n', differences.Take(20))}");
    }
}
