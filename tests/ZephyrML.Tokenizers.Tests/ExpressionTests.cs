using System.Text;
using System.Text.RegularExpressions;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Regular expressions as Oniguruma reads them, and bounded.</summary>
[TestClass]
public class ExpressionTests
{
    [TestMethod]
    [DataRow(@"a|ab", "abab", "[a]b[a]b")]
    [DataRow(@"(?:ab|a)(?=b)", "abb", "[ab]b")]
    [DataRow(@"(?<=\s)\w+(?!\d)", "ab cd e7", "ab [cd] [e7]")]
    [DataRow(@"(?<!a|bc)x", "ax bcx cx", "ax bcx c[x]")]
    [DataRow(@"a*?b", "aab", "[aab]")]
    [DataRow(@"a++b|a", "aaab aa", "[aaab] [a][a]")]
    [DataRow(@"(?>a|ab)c", "abc ac", "abc [ac]")]
    [DataRow(@"[^(\s|[.,!?])]+", "one, two(three)!", "[one], [two]([three])!")]
    [DataRow(@"[a-z&&[^aeiou]]+", "hello", "[h]e[ll]o")]
    [DataRow(@"[[:punct:]\d]+", "a1$b_c", "a[1$]b[_]c")]
    [DataRow(@"\p{Han}+|\p{Hiragana}+", "漢字かな交じり", "[漢字][かな][交][じり]")]
    [DataRow(@"\p{^Lu}+", "abCd", "[ab]C[d]")]
    [DataRow(@"\P{L}", "a1", "a[1]")]
    [DataRow(@"[一-龥]+", "x中文y", "x[中文]y")]
    [DataRow(@"[\x{1F600}-\x{1F64F}]", "a😀b", "a[😀]b")]
    [DataRow(@"(?i)straSSe", "STRASSE strasſe", "[STRASSE] [strasſe]")]
    [DataRow(@"(?i:k)|K", "kKK", "[k][K][K]")]
    [DataRow(@"^a$", "a\nba\na", "[a]\nba\n[a]")]
    [DataRow(@"\Aa|a\z", "aba", "[a]b[a]")]
    [DataRow(@"\bab\b", "ab abc ab", "[ab] abc [ab]")]
    [DataRow(@".+", "ab\ncd", "[ab]\n[cd]")]
    [DataRow(@"(?m:.)+", "ab\ncd", "[ab\ncd]")]
    [DataRow(@"(?x) a b # two", "abc", "[ab]c")]
    [DataRow(@"a{2,3}", "aaaaa", "[aaa][aa]")]
    [DataRow(@"a{,2}b", "aab", "[aab]")]
    [DataRow(@"a{x}", "a{x}", "[a{x}]")]
    [DataRow(@"(?<word>ab)+", "ababa", "[abab]a")]
    [DataRow(@"[]a]+", "]a[", "[]a][")]
    [DataRow(@"\s*", "a b", "[]a[ ]b[]")]
    [DataRow("", "ab", "[]a[]b[]")]
    [DataRow(@"a(?=)|\R?", "", "")]
    public void Matches_are_those_of_oniguruma(string pattern, string text, string expected)
    {
        if (pattern.EndsWith(@"\R?", StringComparison.Ordinal))
        {
            StringAssert.Contains(Assert.Throws<NotSupportedException>(() => SplitPattern.Parse(pattern)).Message, @"\R");
            return;
        }
        Assert.AreEqual(expected, Marked(ExpressionProgram.Compile(pattern), pattern, text));
    }

    [TestMethod]
    [DataRow(@"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    [DataRow(@"[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    [DataRow(@"(?:a|b)+c|[a-c]x?|(?<=\d)\d|x(?!y)z*?|\w+?(?=\s)")]
    [DataRow(@"(?>a+)b|(?:ab?){1,2}|[^a-c ]{2,}|\d*-")]
    public void Matches_are_those_of_dotnet_where_both_read_alike(string pattern)
    {
        var regex = new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));
        var program = ExpressionProgram.Compile(pattern);
        var random = new Random(5);
        for (var i = 0; i < 800; i++)
        {
            var text = random.Next(2) == 0 && !pattern.Contains(@"\w") ? TestTokenizers.RandomText(random, random.Next(25), plane0: true)
                : string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => "abcxyz 17-'s\n"[random.Next(13)]));
            Assert.AreEqual(Marked(regex, text), Marked(program, pattern, text), text);
        }
    }

    [TestMethod]
    [DataRow(@"(a)\1", @"\1")]
    [DataRow(@"(?<=a+)b", "look behind of no fixed length")]
    [DataRow(@"(a*)*", "endless repetition")]
    [DataRow(@"[a", "without its ']'")]
    [DataRow(@"(a", "without its ')'")]
    [DataRow(@"a)", "without its '('")]
    [DataRow(@"\p{Klingon}", "Klingon")]
    [DataRow(@"[[:alpha:]]", "[:alpha:]")]
    [DataRow(@"a\", "'\\' at its end")]
    [DataRow(@"+a", "'+' with nothing before it")]
    [DataRow(@"a{3,2}", "{3,2}")]
    [DataRow(@"(?:(?:a{99}){99}){99}", "steps")]
    [DataRow(@"(?(1)a|b)", "(?(")]
    [DataRow(@"[z-a]", "ends before it starts")]
    public void What_is_not_read_is_named(string pattern, string named)
        => StringAssert.Contains(Assert.Throws<NotSupportedException>(() => SplitPattern.Parse(pattern)).Message, named);

    [TestMethod]
    [DataRow("(?:a+)+b")]
    [DataRow("(?:a|a)*b")]
    [DataRow("(?:a|aa)+$x")]
    [DataRow(@"\s*[\r\n]+")]
    [DataRow("(?:.*.*.*)x")]
    [DataRow("a*a*a*a*a*b")]
    [DataRow("(?=(?:a+)+b)")]
    [DataRow("(?:(?=.*b)a|a)")]
    [DataRow("(?>(?:a+)+b)|(?>(?:a|a)+c)")]
    [DataRow("(?:a{0,50}){0,50}b")]
    [DataRow(" {9999,}")]
    [DataRow(@"(?:[^\W\d_]+|\w+)+!")]
    public void No_expression_hangs_on_any_text(string pattern)
    {
        var split = SplitPattern.Parse(pattern);
        foreach (var text in new[] { new string('a', 50_000), new string(' ', 50_000), string.Concat(Enumerable.Repeat("a b", 15_000)), string.Concat(Enumerable.Repeat("aab\n", 10_000)) })
        {
            Bounded.Run(
                () =>
                {
                    try
                    {
                        split.Find(text, []);
                    }
                    catch (InvalidDataException e)
                    {
                        StringAssert.Contains(e.Message, "takes too long");
                    }
                },
                () => text[..4]);
        }
    }

    [TestMethod]
    public void Random_expressions_are_read_or_refused_and_never_hang()
    {
        string[] pieces = ["a", "b", ".", "\\w", "\\s", "[a-c]", "[^b]", "(?:", "(?=", "(?!", "(?<=", "(?>", "(", ")", ")", ")", "|", "*", "+", "?", "{2,3}", "{1,}", "+?", "*+", "^", "$", "\\b", "\\p{L}", "[", "]", "(?i)", "\\", "&&", "-"];
        var random = new Random(6);
        var read = 0;
        var rounds = Environment.GetEnvironmentVariable("ZEPHYR_SOAK") == "1" ? 10_000 : 400;
        for (var i = 0; i < rounds; i++)
        {
            var pattern = new StringBuilder();
            for (var n = random.Next(1, 12); n > 0; n--)
                pattern.Append(pieces[random.Next(pieces.Length)]);
            Bounded.Run(Try, pattern.ToString);

            void Try()
            {
                try
                {
                    var split = SplitPattern.Parse(pattern.ToString());
                    read++;
                    foreach (var text in new[] { new string('a', 3_000), "ab cab\nabc aab😀" })
                        split.Find(text, []);
                }
                catch (Exception e) when (e is NotSupportedException or InvalidDataException)
                {
                    StringAssert.Contains(e.Message, "split pattern");
                }
            }
        }
        Assert.IsGreaterThan(rounds / 10, read);
    }

    private static string Marked(ExpressionInstruction[] program, string pattern, string text)
    {
        Assert.IsGreaterThan(0, program.Length);
        var matches = new List<(int Start, int End)>();
        SplitPattern.Parse(pattern).Find(text, matches);
        var marked = new StringBuilder();
        var done = 0;
        foreach (var (start, end) in matches)
        {
            marked.Append(text, done, start - done).Append('[').Append(text, start, end - start).Append(']');
            done = end;
        }
        return marked.Append(text, done, text.Length - done).ToString();
    }

    // The library does not count an empty match at the end of the one before.
    private static string Marked(Regex regex, string text)
    {
        var (marked, done, last) = (new StringBuilder(), 0, -1);
        foreach (Match match in regex.Matches(text))
        {
            if (match.Length == 0 && match.Index == last)
                continue;
            last = match.Index + match.Length;
            marked.Append(text, done, match.Index - done).Append('[').Append(match.Value).Append(']');
            done = last;
        }
        return marked.Append(text, done, text.Length - done).ToString();
    }
}
