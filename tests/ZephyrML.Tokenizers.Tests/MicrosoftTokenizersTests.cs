using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Microsoft.ML.Tokenizers alone: what this project relies on holds for the real package and for the stand-in.</summary>
[TestClass]
public class MicrosoftTokenizersTests
{
    private static readonly Dictionary<string, int> Letters = new()
    {
        ["a"] = 0, ["b"] = 1, ["c"] = 2, ["ab"] = 3, ["bc"] = 4, ["abc"] = 5, ["?"] = 6, ["Ġ"] = 7, ["Ġa"] = 8,
    };

    private static BpeOptions Options(params string[] merges) => new(Letters) { Merges = merges, PreTokenizer = PreTokenizer.CreateWhiteSpace() };

    [TestMethod]
    public void Merges_apply_by_rank_not_by_place()
    {
        var left = BpeTokenizer.Create(Options("a b", "b c", "ab c"));
        CollectionAssert.AreEqual(new[] { 5, 3 }, left.EncodeToIds("abc ab").ToArray());
        var right = BpeTokenizer.Create(Options("b c", "a b", "ab c"));
        CollectionAssert.AreEqual(new[] { 0, 4, 3 }, right.EncodeToIds("abc ab").ToArray());
    }

    [TestMethod]
    public void Tokens_have_offsets_of_the_text()
    {
        var tokens = BpeTokenizer.Create(Options("a b")).EncodeToTokens("abc  ab", out var normalized);
        Assert.IsNull(normalized);
        Assert.AreEqual("3 ab 0..2|2 c 2..3|3 ab 5..7", string.Join('|', tokens.Select(t => $"{t.Id} {t.Value} {t.Offset}")));
        Assert.AreEqual(new EncodedToken(2, "c", new Range(2, 3)), tokens[1]);
    }

    [TestMethod]
    public void Unknown_characters_are_dropped_or_fused()
    {
        CollectionAssert.AreEqual(new[] { 0, 1 }, BpeTokenizer.Create(Options()).EncodeToIds("axxb").ToArray());
        var options = Options();
        options.UnknownToken = "?";
        CollectionAssert.AreEqual(new[] { 0, 6, 6, 1 }, BpeTokenizer.Create(options).EncodeToIds("axxb").ToArray());
        options.FuseUnknownTokens = true;
        CollectionAssert.AreEqual(new[] { 0, 6, 1 }, BpeTokenizer.Create(options).EncodeToIds("axxb").ToArray());
    }

    [TestMethod]
    public void Byte_level_tokens_are_bytes_and_decode_to_text()
    {
        var vocabulary = ByteVocabulary();
        var tokenizer = BpeTokenizer.Create(new BpeOptions(vocabulary) { ByteLevel = true, PreTokenizer = new RegexPreTokenizer(new Regex(@" ?\S+|\s+"), null) });
        var text = "né 日本 x";
        var ids = tokenizer.EncodeToIds(text);
        Assert.HasCount(Encoding.UTF8.GetByteCount(text), ids);
        Assert.AreEqual(text, tokenizer.Decode(ids));
        Assert.AreEqual(ids.Count, tokenizer.CountTokens(text));
        var tokens = tokenizer.EncodeToTokens(text, out _);
        Assert.AreEqual("1..2 1..2", $"{tokens[1].Offset} {tokens[2].Offset}");
        var buffer = new char[64];
        Assert.AreEqual(OperationStatus.Done, tokenizer.Decode(ids, buffer, out var consumed, out var written));
        Assert.AreEqual((ids.Count, text), (consumed, new string(buffer, 0, written)));
    }

    [TestMethod]
    public void Special_tokens_are_kept_whole_and_can_be_left_out()
    {
        var special = new Dictionary<string, int> { ["<end>"] = 9 };
        var options = new BpeOptions(Letters.Append(new("<end>", 9))) { Merges = ["a b"], SpecialTokens = special, PreTokenizer = PreTokenizer.CreateWhiteSpace(special) };
        var tokenizer = BpeTokenizer.Create(options);
        CollectionAssert.AreEqual(new[] { 3, 9, 2 }, tokenizer.EncodeToIds("ab<end>c").ToArray());
        Assert.AreEqual("abc", tokenizer.Decode([3, 9, 2], considerSpecialTokens: false));
        Assert.AreEqual("ab<end>c", tokenizer.Decode([3, 9, 2]));
    }

    [TestMethod]
    public void A_limit_cuts_the_ids_and_says_how_far_it_came()
    {
        var tokenizer = BpeTokenizer.Create(Options("a b"));
        CollectionAssert.AreEqual(new[] { 3 }, tokenizer.EncodeToIds("abc", 1, out _, out var consumed).ToArray());
        Assert.AreEqual(2, consumed);
        Assert.AreEqual(2, tokenizer.GetIndexByTokenCount("abc", 1, out _, out var count));
        Assert.AreEqual(1, count);
    }

    [TestMethod]
    public void Beginning_and_end_of_sentence_stand_around_the_text()
    {
        var options = Options();
        options.BeginningOfSentenceToken = "bc";
        options.EndOfSentenceToken = "abc";
        var tokenizer = BpeTokenizer.Create(options);
        CollectionAssert.AreEqual(new[] { 4, 0, 5 }, tokenizer.EncodeToIds("a").ToArray());
        Assert.AreEqual("0..0 0..1 1..1", string.Join(' ', tokenizer.EncodeToTokens("a", out _).Select(t => t.Offset)));
    }

    [TestMethod]
    public void Wrong_merges_and_tokens_are_refused()
    {
        Assert.Throws<InvalidOperationException>(() => BpeTokenizer.Create(Options("a x")));
        Assert.Throws<InvalidOperationException>(() => BpeTokenizer.Create(Options("ab")));
        Assert.Throws<InvalidOperationException>(() => BpeTokenizer.Create(new BpeOptions(Letters) { UnknownToken = "nope" }));
        Assert.Throws<ArgumentNullException>(() => BpeTokenizer.Create((BpeOptions)null!));
    }

    [TestMethod]
    public void Options_read_vocabulary_and_merges_from_files()
    {
        var folder = Directory.CreateTempSubdirectory("zephyr-bpe");
        try
        {
            var vocabulary = Path.Combine(folder.FullName, "vocab.json");
            var merges = Path.Combine(folder.FullName, "merges.txt");
            File.WriteAllText(vocabulary, JsonSerializer.Serialize(Letters));
            File.WriteAllText(merges, "#version: 0.2\na b\nab c\n");
            var options = new BpeOptions(vocabulary, merges);
            CollectionAssert.AreEqual(new[] { "a b", "ab c" }, options.Merges!.ToArray());
            CollectionAssert.AreEqual(new[] { 5 }, BpeTokenizer.Create(options).EncodeToIds("abc").ToArray());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestMethod]
    public void A_normalizer_rewrites_first()
    {
        var options = Options("a b");
        options.Normalizer = new Lower();
        var tokens = BpeTokenizer.Create(options).EncodeToTokens("ABc", out var normalized);
        Assert.AreEqual("abc", normalized);
        Assert.AreEqual("3 2", string.Join(' ', tokens.Select(t => t.Id)));
        CollectionAssert.AreEqual(new[] { 2 }, BpeTokenizer.Create(options).EncodeToIds("ABc", considerNormalization: false).ToArray());
    }

    [TestMethod]
    public void Regex_pre_tokenizers_leave_out_what_matches_nothing()
    {
        var splitter = new RegexPreTokenizer(new Regex("[a-z]+"), new Dictionary<string, int> { ["<x>"] = 1 });
        Assert.AreEqual("0+2 3+1 4+3 7+1", string.Join(' ', splitter.PreTokenize("ab1c<x>d").Select(p => $"{p.Offset}+{p.Length}")));
        Assert.AreEqual("0+1 2+1", string.Join(' ', PreTokenizer.CreateWordOrNonWord().PreTokenize("a b".AsSpan()).Select(p => $"{p.Offset}+{p.Length}")));
    }

    internal static Dictionary<string, int> ByteVocabulary()
    {
        var next = 256;
        return Enumerable.Range(0, 256).ToDictionary(b => (b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 ? (char)b : (char)next++).ToString(), b => b);
    }

    private sealed class Lower : Normalizer
    {
        public override string Normalize(string original) => original.ToLowerInvariant();

        public override string Normalize(ReadOnlySpan<char> original) => original.ToString().ToLowerInvariant();
    }
}
