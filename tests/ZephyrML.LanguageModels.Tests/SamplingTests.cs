namespace ZephyrML.LanguageModels.Tests;

/// <summary>What is drawn follows the processed probabilities, and hangs on seed, row and position alone.</summary>
[TestClass]
public sealed class SamplingTests
{
    private static readonly bool Soak = Environment.GetEnvironmentVariable("ZEPHYR_SOAK") == "1";
    private static readonly float[] Logits = [.. Enumerable.Range(0, 40).Select(i => (float)(3 * Math.Sin(i * 1.7) + 2 * Math.Cos(i * 0.31)))];

    public static IEnumerable<object[]> Settings =>
    [
        [new GenerationOptions { Temperature = 1 }],
        [new GenerationOptions { Temperature = 0.7 }],
        [new GenerationOptions { Temperature = 1.5, TopK = 9 }],
        [new GenerationOptions { Temperature = 1, TopP = 0.8 }],
        [new GenerationOptions { Temperature = 1, MinP = 0.1 }],
        [new GenerationOptions { Temperature = 1, TypicalP = 0.6 }],
        [new GenerationOptions { Temperature = 1.2, TopK = 20, TopP = 0.9, MinP = 0.02, RepetitionPenalty = 1.3, FrequencyPenalty = 0.4, PresencePenalty = 0.2, NoRepeatNgramSize = 2 }],
    ];

    [TestMethod]
    [DynamicData(nameof(Settings))]
    public void A100000DrawsPassAChiSquareTest(GenerationOptions options)
    {
        int[] context = [3, 5, 7, 3, 5, 3];
        var p = Expected(options, context, promptLength: 2);
        int draws = 100_000;
        var counts = new int[p.Length];
        var candidates = new CandidateList();
        for (int row = 0; row < draws; row++)
            counts[new TokenSampler(options, row, candidates).Next([.. Logits], context, 2, [])]++;
        double statistic = 0;
        int cells = 0;
        for (int i = 0; i < p.Length; i++)
        {
            if (p[i] == 0) Assert.AreEqual(0, counts[i], $"token {i} is out");
            if (p[i] == 0) continue;
            double expected = p[i] * draws;
            statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
            cells++;
        }
        Assert.IsGreaterThan(1, cells);
        // Wilson and Hilferty's approximation of the quantile at 0.9999: the seed is fixed, so this either holds or does not.
        double df = cells - 1, z = 3.719, quantile = df * Math.Pow(1 - 2 / (9 * df) + z * Math.Sqrt(2 / (9 * df)), 3);
        Assert.IsLessThan(quantile, statistic);
    }

    [TestMethod]
    public void DrawsOfOneRowAreIndependentOfOneAnother()
    {
        // Pairs of draws that follow each other in a row, over four equal tokens: all sixteen pairs are equally frequent.
        var options = new GenerationOptions { Temperature = 1, Seed = 5 };
        var candidates = new CandidateList();
        var pairs = new int[16];
        int n = Soak ? 1_000_000 : 100_000, last = 0;
        var random = new CounterRandom(5, 77);
        for (int i = 0; i < n; i++)
        {
            candidates.Fill([1f, 1f, 1f, 1f], 1);
            int drawn = candidates.Draw(random.NextDouble(i));
            pairs[last * 4 + drawn]++;
            last = drawn;
        }
        double statistic = pairs.Sum(c => Math.Pow(c - n / 16.0, 2) / (n / 16.0));
        Assert.IsLessThan(44.3, statistic, "chi-square, 15 degrees of freedom, 0.9999");
        Assert.AreEqual(new CounterRandom(5, 77).NextDouble(123), random.NextDouble(123));
        Assert.AreNotEqual(new CounterRandom(6, 77).NextDouble(123), random.NextDouble(123));
        Assert.AreNotEqual(new CounterRandom(5, 78).NextDouble(123), random.NextDouble(123));
    }

    [TestMethod]
    public void FiltersLeaveAtLeastSoManyTokens()
    {
        foreach (var options in new GenerationOptions[]
        {
            new() { Temperature = 1, TopK = 1 }, new() { Temperature = 1, TopP = 0 }, new() { Temperature = 1, MinP = 1 }, new() { Temperature = 1, TypicalP = 1e-9 },
            new() { Temperature = 1, EpsilonCutoff = 0.99 },
        })
        {
            Assert.AreEqual(1, Expected(options, [1], 1).Count(p => p > 0));
            options.MinTokensToKeep = 3;
            Assert.AreEqual(3, Expected(options, [1], 1).Count(p => p > 0));
        }
    }

    [TestMethod]
    public void FiltersCutAsTheirDefinitionsSay()
    {
        var p = Expected(new GenerationOptions { Temperature = 1 }, [1], 1);
        var likeliest = p.OrderDescending().ToArray();
        int Left(GenerationOptions options) => Expected(options, [1], 1).Count(x => x > 0);
        Assert.AreEqual(likeliest.Count(x => x >= 0.2 * likeliest[0]), Left(new() { Temperature = 1, MinP = 0.2 }));
        Assert.AreEqual(likeliest.Count(x => x >= 0.01), Left(new() { Temperature = 1, EpsilonCutoff = 0.01 }));
        double sum = 0;
        Assert.AreEqual(1 + likeliest.TakeWhile(x => (sum += x) < 0.7).Count(), Left(new() { Temperature = 1, TopP = 0.7 }));
        double entropy = -p.Sum(x => x * Math.Log(x)), eta = Math.Min(0.05, Math.Sqrt(0.05) * Math.Exp(-entropy));
        Assert.AreEqual(likeliest.Count(x => x >= eta), Left(new() { Temperature = 1, EtaCutoff = 0.05 }));
        sum = 0;
        Assert.AreEqual(1 + p.OrderBy(x => Math.Abs(-Math.Log(x) - entropy)).TakeWhile(x => (sum += x) < 0.5).Count(), Left(new() { Temperature = 1, TypicalP = 0.5 }));
    }

    [TestMethod]
    public void OfEqualTokensTopKKeepsAllAndTopPTheHigherIds()
    {
        float[] logits = [1, 2, 2, 2, 0];
        var candidates = new CandidateList();
        new LogitsProcessor(new GenerationOptions { Temperature = 1, TopK = 2 }, candidates).Filter(logits);
        CollectionAssert.AreEqual(new[] { 1, 2, 3 }, candidates.Ids.ToArray());
        new LogitsProcessor(new GenerationOptions { Temperature = 1, TopP = 0.5 }, candidates).Filter(logits);
        CollectionAssert.AreEqual(new[] { 2, 3 }, candidates.Ids.ToArray());
    }

    [TestMethod]
    public void PenaltiesAndBansCountForGreedyToo()
    {
        int Next(GenerationOptions options, int[] context, int prompt, params int[] stops) => new TokenSampler(options, 0, new CandidateList()).Next([.. new[] { 1f, 4f, 3.9f, 3f, -1f }], context, prompt, stops);
        Assert.AreEqual(1, Next(new(), [1], 1));
        Assert.AreEqual(2, Next(new() { RepetitionPenalty = 1.5 }, [1], 1), "the prompt counts");
        Assert.AreEqual(1, Next(new() { FrequencyPenalty = 0.2 }, [1], 1), "the prompt does not count");
        Assert.AreEqual(2, Next(new() { FrequencyPenalty = 0.2 }, [1], 0));
        Assert.AreEqual(2, Next(new() { PresencePenalty = 0.2 }, [1, 1], 0));
        Assert.AreEqual(2, Next(new() { NoRepeatNgramSize = 2 }, [4, 1, 4], 1));
        Assert.AreEqual(1, Next(new() { NoRepeatNgramSize = 3 }, [4, 1, 4], 1));
        Assert.AreEqual(2, Next(new() { MinNewTokens = 1 }, [0], 1, 1));
        Assert.AreEqual(1, Next(new() { MinNewTokens = 1 }, [0, 0], 1, 1));
        Assert.AreEqual(-1, Next(new() { NoRepeatNgramSize = 1 }, [0, 1, 2, 3, 4], 1), "nothing is left");
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(1.0)]
    public void LogitsThatAreNotNumbersAreRefused(double temperature)
    {
        var logits = new float[50];
        logits[33] = float.NaN;
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => new TokenSampler(new GenerationOptions { Temperature = temperature }, 0, new CandidateList()).Next(logits, [1], 1, [])).Message, "NaN");
    }

    [TestMethod]
    public void EverythingWrongIsListed()
    {
        var wrong = new GenerationOptions
        {
            MaxNewTokens = 0, MinNewTokens = -1, Temperature = double.NaN, TopK = -1, TopP = 1.1, MinP = -1, TypicalP = 0, EpsilonCutoff = 1, EtaCutoff = -0.5, MinTokensToKeep = 0, RepetitionPenalty = 0,
            FrequencyPenalty = double.PositiveInfinity, PresencePenalty = double.NaN, NoRepeatNgramSize = -2, StopTokenIds = [-1], StopStrings = [""], BatchSize = 0,
        };
        var error = Assert.ThrowsExactly<ArgumentException>(wrong.Validate);
        foreach (var property in typeof(GenerationOptions).GetProperties().Where(p => p.Name is not ("Seed" or "FirstRow"))) StringAssert.Contains(error.Message, property.Name);
        new GenerationOptions().Validate();
    }

    // By the processors, but with a softmax of the test's own.
    private static double[] Expected(GenerationOptions options, int[] context, int promptLength)
    {
        float[] logits = [.. Logits];
        var candidates = new CandidateList();
        var processor = new LogitsProcessor(options, candidates);
        processor.Adjust(logits, context, promptLength, []);
        processor.Filter(logits);
        var p = new double[logits.Length];
        for (int i = 0; i < candidates.Count; i++) p[candidates.Ids[i]] = Math.Exp(candidates.Logits[i]);
        double sum = p.Sum();
        return [.. p.Select(x => x / sum)];
    }
}
