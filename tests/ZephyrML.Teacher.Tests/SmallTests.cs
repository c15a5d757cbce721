using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public class SeedStreamTests
{
    [TestMethod]
    public void Is_the_same_in_every_process()
    {
        var stream = new SeedStream(42, "pair", 7);
        CollectionAssert.AreEqual((ulong[])[13130792804554759503UL, 504410636634362967UL], (ulong[])[stream.NextUInt64(), stream.NextUInt64()]);
        Assert.AreEqual(SeedStream.Derive(1, "a", 2), SeedStream.Derive(1, "a", 2));
    }

    [TestMethod]
    public void Differs_by_seed_stage_and_row()
    {
        var firsts = new HashSet<ulong>();
        for (var seed = -2; seed < 3; seed++)
        {
            foreach (var stage in (string[])["", "a", "b"])
            {
                for (var row = -1L; row < 50; row++)
                    Assert.IsTrue(firsts.Add(new SeedStream(seed, stage, row).NextUInt64()));
            }
        }
    }

    [TestMethod]
    public void Draws_evenly_and_shuffles_every_order()
    {
        var stream = new SeedStream(1, "x");
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++)
            counts[stream.Next(7)]++;
        Assert.IsTrue(counts.All(c => Math.Abs(c - 10_000) < 400), string.Join(' ', counts));
        var orders = Enumerable.Range(0, 6000).Select(_ =>
        {
            var items = "abc".ToCharArray();
            stream.Shuffle(items.AsSpan());
            return new string(items);
        }).CountBy(o => o).ToList();
        Assert.HasCount(6, orders);
        Assert.IsTrue(orders.All(o => Math.Abs(o.Value - 1000) < 150));
        Assert.IsTrue(Enumerable.Range(0, 1000).All(_ => stream.NextDouble() is >= 0 and < 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => stream.Next(0));
    }
}

[TestClass]
public class DialogueJsonTests
{
    [TestMethod]
    public void Writes_and_reads_back()
    {
        var dialogue = new Dialogue([new("system", "Be brief."), new("user", "Wie ist das \"Wetter\"?\n世界 😀"), new("assistant", "")]);
        var json = DialogueJson.Write(dialogue);
        Assert.IsFalse(json.Contains('\n', StringComparison.Ordinal));
        StringAssert.Contains(json, "世界");
        Assert.AreEqual(dialogue, DialogueJson.Parse(json));
        Assert.AreEqual(dialogue.GetHashCode(), DialogueJson.Parse(json).GetHashCode());
        Assert.AreEqual("[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}]", DialogueJson.Write(Dialogue.Of("a", "b")));
        Assert.AreEqual(("a", "b"), (Dialogue.Of("a", "b").Instruction, Dialogue.Of("a", "b").Response));
    }

    [TestMethod]
    [DataRow("{", "no JSON")]
    [DataRow("{}", "array")]
    [DataRow("[1]", "Turn 0")]
    [DataRow("[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\"}]", "Turn 1")]
    [DataRow("[{\"role\":\"tool\",\"content\":\"a\"}]", "'tool'")]
    [DataRow("[{\"role\":\"user\",\"content\":3}]", "Turn 0")]
    public void Says_what_is_wrong(string json, string expected) =>
        StringAssert.Contains(Assert.ThrowsExactly<FormatException>(() => DialogueJson.Parse(json)).Message, expected);
}

[TestClass]
public class CandidatePoolTests
{
    private static readonly IChatClient Client = new FakeChatClient((string t) => t);

    [TestMethod]
    public void Is_filled_by_either_initialiser()
    {
        var pool = new CandidatePool { ["llama"] = Client, ["mistral"] = Client };
        var weighted = new CandidatePool { { "llama", Client, 2 }, { "phi", Client } };
        CollectionAssert.AreEqual((string[])["llama", "mistral"], pool.Names.ToArray());
        CollectionAssert.AreEqual((double[])[2, 1], weighted.Select(c => c.Weight).ToArray());
        Assert.AreSame(Client, pool["llama"]);
        weighted["llama"] = new FakeChatClient((string t) => t);
        Assert.AreEqual((2, 2.0), (weighted.Count, weighted.First().Weight));
        StringAssert.Contains(Assert.ThrowsExactly<KeyNotFoundException>(() => pool["gpt"]).Message, "llama, mistral");
        Assert.ThrowsExactly<ArgumentException>(() => pool.Add("llama", Client));
        Assert.ThrowsExactly<ArgumentException>(() => pool[" "] = Client);
        Assert.ThrowsExactly<ArgumentException>(() => pool.Add("x", Client, 0));
    }

    [TestMethod]
    public void Draws_different_models_by_weight_and_the_same_for_the_same_row()
    {
        var pool = new CandidatePool { { "a", Client, 1 }, { "b", Client, 2 }, { "c", Client, 4 }, { "d", Client, 1 } };
        var counts = new Dictionary<string, int>();
        for (var row = 0; row < 4000; row++)
        {
            var drawn = pool.Choose(1, 5, row).Single().Name;
            counts[drawn] = counts.GetValueOrDefault(drawn) + 1;
            var two = pool.Choose(2, 5, row);
            Assert.AreEqual(2, two.Distinct().Count());
            Assert.IsLessThan(0, string.CompareOrdinal(two[0].Name, two[1].Name), "the pool's order");
            CollectionAssert.AreEqual(two.ToArray(), pool.Choose(2, 5, row).ToArray());
        }
        Assert.AreEqual(2000, counts["c"], 120);
        Assert.AreEqual(1000, counts["b"], 120);
        Assert.AreEqual(500, counts["a"], 100);
        Assert.HasCount(4, pool.Choose(9, 5, 0));
    }
}

[TestClass]
public class OptionsTests
{
    [TestMethod]
    public void Everything_wrong_is_said_at_once()
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => TeacherClient.Create(new FakeChatClient((string t) => t), new() { Name = " ", MaxConcurrency = 0, CacheMode = CacheMode.ReplayOnly }));
        foreach (var name in (string[])["Name", "MaxConcurrency", "CacheMode"])
            StringAssert.Contains(e.Message, name);
        e = Assert.ThrowsExactly<ArgumentException>(() => new SelfInstructOptions { TargetSize = 0, Rounds = -1, MaxRounds = -2, Refinements = -1, MaxRougeL = 0, MinWords = 5, MaxWords = 4, Temperature = 3 }.Validate());
        foreach (var name in (string[])["TargetSize", "Rounds", "MaxRounds", "Refinements", "MaxRougeL", "MaxWords", "Temperature"])
            StringAssert.Contains(e.Message, name);
        e = Assert.ThrowsExactly<ArgumentException>(() => new AnswerGeneratorOptions { ModelsPerPrompt = 0, SamplesPerModel = 0, TopP = 0, MaxOutputTokens = 0 }.Validate());
        foreach (var name in (string[])["ModelsPerPrompt", "SamplesPerModel", "TopP", "MaxOutputTokens"])
            StringAssert.Contains(e.Message, name);
        e = Assert.ThrowsExactly<ArgumentException>(() => new UltraFeedbackJudgeOptions { Aspects = [], MaxReasks = -1 }.Validate());
        foreach (var name in (string[])["Aspects", "MaxReasks"])
            StringAssert.Contains(e.Message, name);
        Assert.ThrowsExactly<ArgumentException>(() => new PairOptions { MinScoreGap = float.NaN }.Validate());
        Assert.ThrowsExactly<ArgumentException>(() => new RetryOptions { MaxRetries = -1 }.Validate());
        foreach (var validate in (Action[])[new TeacherOptions().Validate, new SelfInstructOptions().Validate, new AnswerGeneratorOptions().Validate, new UltraFeedbackJudgeOptions().Validate, new PairOptions().Validate, new RetryOptions().Validate])
            validate();
    }
}
