using System.Text.Json;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class RougeTests
{
    [TestMethod]
    [DataRow("the cat sat on the mat", "the cat lay on the mat", 5.0 / 6, 5.0 / 6)]
    [DataRow("the cat sat", "The  CAT, sat!", 1, 1)]
    [DataRow("a b c d", "d c b a", 0.25, 0.25)]
    [DataRow("a b c d e", "b d", 1, 0.4)]
    [DataRow("don't", "don t", 1, 1)]
    [DataRow("", "a", 0, 0)]
    [DataRow("äöü", "äöü", 0, 0)]
    [DataRow("K\u0130x", "ki x", 1, 1)]
    [DataRow("描述今天的天气", "描述明天的天气", 6.0 / 7, 6.0 / 7)]
    public void Counts_the_longest_common_subsequence_of_words(string target, string prediction, double precision, double recall)
    {
        var score = RougeL.Score(target, prediction);
        Assert.AreEqual(precision, score.Precision, 1e-12);
        Assert.AreEqual(recall, score.Recall, 1e-12);
        Assert.AreEqual(precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall), score.FMeasure, 1e-12);
    }

    [TestMethod]
    public void Equals_rouge_score()
    {
        if (Shared("fixtures/rouge/fixture.json") is not { } path)
        {
            Assert.Inconclusive("The fixtures are not here.");
            return;
        }
        using var fixture = JsonDocument.Parse(File.ReadAllText(path));
        var count = 0;
        foreach (var item in fixture.RootElement.GetProperty("cases").EnumerateArray())
        {
            var score = RougeL.Score(item.GetProperty("target").GetString()!, item.GetProperty("prediction").GetString()!);
            Assert.AreEqual(item.GetProperty("precision").GetDouble(), score.Precision, 1e-9, $"case {count}");
            Assert.AreEqual(item.GetProperty("recall").GetDouble(), score.Recall, 1e-9, $"case {count}");
            Assert.AreEqual(item.GetProperty("fmeasure").GetDouble(), score.FMeasure, 1e-9, $"case {count}");
            count++;
        }
        Assert.IsGreaterThan(10, count);
    }

    [TestMethod]
    public void Bit_parallel_equals_the_table()
    {
        var random = new SeedStream(1, "lcs");
        for (var round = 0; round < 300; round++)
        {
            int[] Draw() => [.. Enumerable.Range(0, random.Next(200)).Select(_ => random.Next(1 + round % 20))];
            var (a, b) = (Draw(), Draw());
            var table = new int[a.Length + 1, b.Length + 1];
            for (var i = 1; i <= a.Length; i++)
            {
                for (var j = 1; j <= b.Length; j++)
                    table[i, j] = a[i - 1] == b[j - 1] ? table[i - 1, j - 1] + 1 : Math.Max(table[i - 1, j], table[i, j - 1]);
            }
            Assert.AreEqual(table[a.Length, b.Length], LongestCommonSubsequence.Length(a, b));
        }
    }

    [TestMethod]
    [DataRow(0.7)]
    [DataRow(0.5)]
    [DataRow(0.9)]
    public void The_pool_decides_as_a_scan_does(double limit)
    {
        var random = new SeedStream(2, "pool");
        var (pool, texts, likes) = (new RougePool(limit), new List<string>(), 0);
        for (var i = 0; i < 300; i++)
        {
            var words = Enumerable.Range(0, 4 + random.Next(5)).Select(_ => $"w{(int)(random.NextDouble() * random.NextDouble() * 12)}");
            var text = string.Join(' ', words);
            var like = texts.Exists(t => RougeL.Score(t, text).FMeasure > limit);
            Assert.AreEqual(like, pool.HasLike(text), text);
            likes += like ? 1 : 0;
            if (like)
                continue;
            texts.Add(text);
            pool.Add(text);
        }
        Assert.IsTrue(likes is > 1 and < 290, $"{likes}");
    }

    [TestMethod]
    [DataRow(0.7, false)]
    [DataRow(0.7, true)]
    [DataRow(0.3, false)]
    [DataRow(0.95, true)]
    public void The_pool_decides_as_a_scan_does_on_long_texts_near_copies_and_other_scripts(double limit, bool chinese)
    {
        var (pool, texts, likes) = (new RougePool(limit), new List<string>(), 0);
        foreach (var text in ZipfTexts.Draw(seed: 5, count: 1_400, words: 400, from: 1, to: 90, copies: 0.3, chinese))
        {
            var like = texts.Exists(t => RougeL.Score(t, text).FMeasure > limit);
            Assert.AreEqual(like, pool.HasLike(text), text);
            likes += like ? 1 : 0;
            if (like)
                continue;
            texts.Add(text);
            pool.Add(text);
        }
        Assert.IsTrue(likes is > 20 and < 1_380, $"{likes}");
    }

    [TestMethod]
    public void Other_scripts_with_spaces_are_compared_word_by_word()
    {
        var pool = new RougePool(0.7);
        pool.Add("Расскажи мне про старый бассейн");
        Assert.IsTrue(pool.HasLike("расскажи, мне про СТАРЫЙ бассейн!"));
        Assert.IsFalse(pool.HasLike("Опиши завтрашнюю погоду в городе"));
        Assert.AreEqual(0, RougeL.Score("Расскажи мне", "Расскажи мне").FMeasure, "as rouge_score has it");
    }

    /// <summary>The measure, in full: 100,000 instructions against the pool on one core, 5,000 of them decided by a scan too.</summary>
    [TestMethod]
    public void Filters_a_hundred_thousand_instructions()
    {
        var soak = Environment.GetEnvironmentVariable("ZEPHYR_SOAK") == "1";
        var (count, checkedOnes) = soak ? (100_000, 5_000) : (3_000, 300);
        var (pool, texts, likes) = (new RougePool(0.7), new List<int[]>(), 0);
        var clock = new System.Diagnostics.Stopwatch();
        var number = 0;
        foreach (var text in ZipfTexts.Draw(seed: 7, count, words: 5_000, from: 8, to: 20, copies: 0.1))
        {
            clock.Start();
            var like = pool.HasLike(text);
            if (!like)
                pool.Add(text);
            clock.Stop();
            likes += like ? 1 : 0;
            var words = Words(text);
            if (number++ % (count / checkedOnes) == 0)
            {
                var common = new LongestCommonSubsequence(words);
                Assert.AreEqual(texts.Exists(t => RougeL.Of(common.With(t), t.Length, words.Length).FMeasure > 0.7), like, text);
            }
            if (!like)
                texts.Add(words);
        }
        Console.WriteLine($"{count} instructions, {likes} dropped, {pool.Compared} compared, {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.IsTrue(likes > count / 100 && likes < count / 2, $"{likes}");
        Assert.IsLessThan(soak ? 300 : 60, clock.Elapsed.TotalSeconds);
    }

    private readonly Dictionary<string, int> _numbers = [];

    private int[] Words(string text) => [.. RougeTokenizer.Tokenize(text).Select(w => _numbers.TryGetValue(w, out var n) ? n : _numbers[w] = _numbers.Count)];

    /// <summary>A file of the folder shared/ beside the repository, or null.</summary>
    internal static string? Shared(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "shared", name)))
                return Path.Combine(folder.FullName, "shared", name);
        }
        return null;
    }
}
