using System.Text.RegularExpressions;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

[TestClass]
public class SplitPatternTests
{
    private const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Cl100k =
        @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";

    [TestMethod]
    [DataRow(SplitPattern.Gpt2)]
    [DataRow(Llama3)]
    [DataRow(Qwen2)]
    public void Pieces_are_the_matches_of_the_regular_expression(string pattern)
    {
        // On the first plane, where .NET's expressions see whole characters.
        var regex = new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));
        var split = new TextSplitter(SplitPattern.Parse(pattern), SplitBehavior.Isolated);
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var text = TestTokenizers.RandomText(random, random.Next(30), plane0: true);
            var expected = regex.Matches(text).Select(m => m.Value);
            var pieces = new List<(int Start, int End)>();
            split.Split(text, 0, text.Length, pieces);
            Assert.AreEqual(string.Join('|', expected), string.Join('|', pieces.Select(p => text[p.Start..p.End])));
        }
    }

    [TestMethod]
    public void Letters_beyond_the_first_plane_are_letters()
    {
        Assert.AreEqual("𝐀𝐁| 𠀀𠀁|😀😀", Pieces(SplitPattern.Gpt2, "𝐀𝐁 𠀀𠀁😀😀"));
        Assert.AreEqual("'ſ|x", Pieces(Llama3, "'ſx"));
        Assert.AreEqual("a|\n\n| b|123|4", Pieces(Cl100k, "a\n\n b1234"));
    }

    [TestMethod]
    public void A_stretch_is_split_by_itself()
    {
        var pieces = new List<(int Start, int End)>();
        new TextSplitter(SplitPattern.Parse(SplitPattern.Gpt2), SplitBehavior.Isolated).Split("ab  cd", 0, 4, pieces);
        CollectionAssert.AreEqual(new[] { (0, 2), (2, 4) }, pieces);
    }

    [TestMethod]
    public void What_matches_nothing_is_a_piece_or_is_dropped()
    {
        var digits = SplitPattern.Parse(@"\p{N}+");
        var pieces = new List<(int Start, int End)>();
        new TextSplitter(digits, SplitBehavior.Isolated).Split("ab12😀3", 0, 7, pieces);
        CollectionAssert.AreEqual(new[] { (0, 2), (2, 4), (4, 6), (6, 7) }, pieces);
        pieces.Clear();
        new TextSplitter(digits, SplitBehavior.Removed, invert: true).Split("ab12😀3", 0, 7, pieces);
        CollectionAssert.AreEqual(new[] { (2, 4), (6, 7) }, pieces);
    }

    [TestMethod]
    [DataRow(' ')]
    [DataRow('a')]
    [DataRow('\n')]
    [DataRow('!')]
    [DataRow('7')]
    public void Long_runs_do_not_hang(char of)
    {
        var text = new string(of, 300_000) + "x";
        var clock = System.Diagnostics.Stopwatch.StartNew();
        foreach (var tokenizer in new[] { TokenizerFixture.Own("bpe-llama3-small").Tokenizer, TestTokenizers.Zephyr })
            Assert.AreEqual(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.IsLessThan(60, clock.Elapsed.TotalSeconds);
    }

    [TestMethod]
    [DataRow("Removed", false, "a b c")]
    [DataRow("Isolated", false, "a - - b - c")]
    [DataRow("MergedWithPrevious", false, "a- - b- c")]
    [DataRow("MergedWithNext", false, "a - -b -c")]
    [DataRow("Contiguous", false, "a -- b - c")]
    [DataRow("Removed", true, "- - -")]
    public void Matches_are_dropped_or_go_where_the_behaviour_says(string behavior, bool invert, string expected)
    {
        const string Text = "xa--b-cx";
        var pieces = new List<(int Start, int End)>();
        new TextSplitter(TextPattern.Of("-"), Enum.Parse<SplitBehavior>(behavior), invert).Split(Text, 1, Text.Length - 1, pieces);
        Assert.AreEqual(expected, string.Join(' ', pieces.Select(p => Text[p.Start..p.End])));
    }

    [TestMethod]
    public void Other_expressions_without_going_back_work_on_characters()
    {
        const string Cased = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s+(?!\S)|\s+";
        Assert.AreEqual("Hello| World's|😀|123|4|//\n| 𝐀𝐛|𝐂𝐝", Pieces(Cased, "Hello World's😀1234//\n 𝐀𝐛𝐂𝐝"));
        Assert.AreEqual("ab|-|AB", Pieces("[A-Z]+", "ab-AB").Replace("ab-", "ab|-"));
    }

    [TestMethod]
    public void Runs_of_one_character_are_found()
    {
        Assert.AreEqual("a b|  |c|   |", Pieces(" {2,}", "a b  c   ") + "|");
        Assert.AreEqual("a|--|-|b", Pieces("-{1,2}", "a---b"));
    }

    private static string Pieces(string pattern, string text)
    {
        var pieces = new List<(int Start, int End)>();
        new TextSplitter(SplitPattern.Parse(pattern), SplitBehavior.Isolated).Split(text, 0, text.Length, pieces);
        return string.Join('|', pieces.Select(p => text[p.Start..p.End]));
    }
}
