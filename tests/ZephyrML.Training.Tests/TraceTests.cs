namespace ZephyrML.Training.Tests;

/// <summary>Our trainers against TRL, step by step.</summary>
[TestClass]
public class TraceTests
{
    public required TestContext TestContext { get; set; }

    public static IEnumerable<object[]> SharedTraces()
    {
        var names = Fixtures.Shared is null ? [] : Directory.EnumerateDirectories(Fixtures.Shared)
            .Where(d => File.Exists(Path.Combine(d, "fixture.json")) && Fixtures.Json(d).GetProperty("kind").GetString() is "sft-trace" or "dpo-trace")
            .Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? [["(none)"]] : names.Select(n => new object[] { n });
    }

    [TestMethod]
    [DataRow("sft-completion")]
    [DataRow("sft-packed-bfd")]
    [DataRow("dpo-sigmoid")]
    public void OurCopyOfTrace(string name) => Replay(Path.Combine(Fixtures.OwnTraces, name));

    [TestMethod]
    [DynamicData(nameof(SharedTraces))]
    public void SharedTrace(string name) => Replay(Fixtures.SharedOrInconclusive(name));

    /// <summary>SmolLM2-135M on GPT-4-turbo's preferences; minutes, so in the soak run only.</summary>
    [TestMethod]
    [TestCategory("Soak")]
    public void RealTrace()
    {
        var folder = Path.Combine(Fixtures.SharedOrInconclusive(".."), "training-real", "smollm2-dpo");
        if (Environment.GetEnvironmentVariable("ZEPHYR_SOAK") != "1")
            Assert.Inconclusive("Takes minutes: set ZEPHYR_SOAK=1.");
        Replay(folder, real: true);
    }

    private void Replay(string folder, bool real = false)
    {
        var replay = new TraceReplay(folder, real);
        if (replay.NotYet() is { } missing)
            Assert.Inconclusive($"Not built yet: {missing}.");
        try
        {
            replay.Run();
        }
        finally
        {
            foreach (var (what, difference) in replay.Worst)
                TestContext.WriteLine(FormattableString.Invariant($"{Path.GetFileName(folder)}: {what} differs by at most {difference:g3} of its tolerance"));
        }
    }
}
