using System.IO.Compression;
using System.Text.Json;

namespace ZephyrML.Teacher.Tests;

[TestClass]
public sealed class AlpacaEvalTests
{
    [TestMethod]
    [DataRow("alpaca-7b")]
    [DataRow("gpt-3.5-turbo-1106")]
    [DataRow("llama-2-7b-chat-hf")]
    [DataRow("tulu-2-dpo-7b")]
    public void The_figures_are_the_leaderboards(string model)
    {
        var folder = SharedData.Require("data/alpaca_eval");
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        var figures = expected.RootElement.GetProperty(model);
        var found = AlpacaEval.Evaluate(AlpacaEval.ReadVerdicts(Path.Combine(folder, $"annotations.{model}.jsonl.gz")));
        Assert.AreEqual(model, found.Model);
        Assert.AreEqual(figures.GetProperty("win_rate").GetDouble(), found.WinRate, 1e-6);
        Assert.AreEqual(figures.GetProperty("standard_error").GetDouble(), found.StandardError, 1e-6);
        Assert.AreEqual(figures.GetProperty("n_wins").GetDouble(), found.Wins);
        Assert.AreEqual(figures.GetProperty("n_wins_base").GetDouble(), found.WinsBase);
        Assert.AreEqual(figures.GetProperty("n_draws").GetDouble(), found.Draws);
        Assert.AreEqual(figures.GetProperty("n_total").GetDouble(), found.Total);
    }

    [TestMethod]
    public void A_draw_is_0_or_one_and_a_half_and_an_unread_verdict_does_not_count()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["v.json"], "[" + string.Join(",", new[] { "1", "2", "2.0", "0", "1.5", "null", "1.75" }.Select(Line)) + "]");
        var found = AlpacaEval.Evaluate(AlpacaEval.ReadVerdicts(folder["v.json"]));
        // 0, 1, 1, 0.5, 0.5, 0.75: mean 0.625; deviations² sum 0.390625 + 2·0.140625 + 2·0.015625 + 0.015625.
        Assert.AreEqual(62.5, found.WinRate, 1e-12);
        Assert.AreEqual(100 * Math.Sqrt((0.390625 + 2 * 0.140625 + 2 * 0.015625 + 0.015625) / 5 / 6), found.StandardError, 1e-12);
        Assert.AreEqual((3, 1, 2, 6, 1), (found.Wins, found.WinsBase, found.Draws, found.Total, found.Unread));
    }

    [TestMethod]
    public void A_wrong_line_is_named()
    {
        using var folder = new TemporaryFolder();
        using (var zip = new GZipStream(File.Create(folder["v.jsonl.gz"]), CompressionLevel.Fastest))
        using (var writer = new StreamWriter(zip))
            writer.Write(Line("1") + "\n" + Line("3") + "\n");
        var error = Assert.ThrowsExactly<InvalidDataException>(() => AlpacaEval.ReadVerdicts(folder["v.jsonl.gz"]));
        Assert.Contains("line 2", error.Message);
        Assert.Contains("'preference' must be 1, 2", error.Message);
        File.WriteAllText(folder["w.jsonl"], Line("1") + "\n{\"instruction\":\"x\",\"preference\":1,\"generator_1\":\"a\"}\n");
        error = Assert.ThrowsExactly<InvalidDataException>(() => AlpacaEval.ReadVerdicts(folder["w.jsonl"]));
        Assert.Contains("line 2: field 'generator_2'", error.Message);
        File.WriteAllText(folder["x.jsonl"], Line("1") + "\n{broken\n");
        Assert.Contains("line 2: not JSON", Assert.ThrowsExactly<InvalidDataException>(() => AlpacaEval.ReadVerdicts(folder["x.jsonl"])).Message);
    }

    [TestMethod]
    public void Verdicts_of_two_models_are_not_mixed()
    {
        AlpacaEvalVerdict[] verdicts = [new("x", "base", "a", 1), new("x", "base", "b", 2)];
        Assert.Contains("a against base; b against base", Assert.ThrowsExactly<ArgumentException>(() => AlpacaEval.Evaluate(verdicts)).Message);
        Assert.Contains("None of 1", Assert.ThrowsExactly<ArgumentException>(() => AlpacaEval.Evaluate([new("x", "base", "a", null)])).Message);
    }

    private static string Line(string preference) => $$"""{"instruction":"Say hello.","generator_1":"base","generator_2":"model","preference":{{preference}}}""";
}
