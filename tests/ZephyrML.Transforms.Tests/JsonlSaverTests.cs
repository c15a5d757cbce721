using System.IO.Compression;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Tests;

/// <summary>Rows out to files in each shape, and back.</summary>
[TestClass]
public sealed class JsonlSaverTests
{
    private readonly MLContext _ml = new(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("zephyr-save").FullName;

    [TestCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    private IDataView Rows() => _ml.Data.LoadFromEnumerable(new List<Row>
    {
        new() { Number = 1, Prompt = "Plan a scene for a game about space exploration.", Candidates = ["A derelict \"ark\" drifts by.", "Space.", "A moon."], CandidateModels = ["a", "b", "c"], Scores = [4.5f, 1, 3], Chosen = "A derelict \"ark\" drifts by.", Rejected = "Space.", Response = "A scene:\nan ark." },
        new() { Number = 2, Prompt = "How do I make chocolate brownies?", Candidates = ["x", "y"], CandidateModels = ["a", "b"], Scores = [2, float.NaN], Response = "Melt butter. 巧克力" },
        new() { Number = 3, Prompt = "", Messages = """[{"role":"system","content":"S"},{"role":"user","content":"U"},{"role":"assistant","content":"A"},{"role":"user","content":"V"}]""", Candidates = ["p", "q"], CandidateModels = ["b", "c"], Scores = [1, 2], Chosen = "q", Rejected = "p", Response = "W" },
    });

    private JsonElement[] Lines(string path)
    {
        using var file = File.OpenRead(path);
        using var reader = new StreamReader(path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    [TestMethod]
    [DataRow("pairs.jsonl")]
    [DataRow("pairs.jsonl.gz")]
    public void PairsGoOutAsUltraFeedbackBinarizedAndComeBack(string name)
    {
        var path = Path.Combine(_folder, "new", name);
        Assert.AreEqual(new JsonlRows(2, 1), _ml.Zephyr().SaveJsonl(Rows(), path, JsonlFormat.Binarized));
        Assert.HasCount(1, Directory.GetFiles(Path.GetDirectoryName(path)!), "nothing half-written is left");
        var lines = Lines(path);
        Assert.AreEqual("""[{"role":"user","content":"Plan a scene for a game about space exploration."},{"role":"assistant","content":"Space."}]""", lines[0].GetProperty("rejected").GetRawText());
        Assert.AreEqual((4.5, 1.0), (lines[0].GetProperty("score_chosen").GetDouble(), lines[0].GetProperty("score_rejected").GetDouble()));
        Assert.AreEqual(64, lines[0].GetProperty("prompt_id").GetString()!.Length);
        Assert.AreEqual(5, lines[1].GetProperty("messages").GetArrayLength());

        var back = _ml.Zephyr().LoadJsonl(path);
        CollectionAssert.AreEqual(new[] { "A derelict \"ark\" drifts by.", "q" }, back.GetColumn<string>("Chosen").ToArray());
        CollectionAssert.AreEqual(new[] { "Space.", "p" }, back.GetColumn<string>("Rejected").ToArray());
        CollectionAssert.AreEqual(new[] { 4.5f, 2 }, back.GetColumn<float>("score_chosen").ToArray());
        var again = Path.Combine(_folder, "again.jsonl");
        Assert.AreEqual(new JsonlRows(2, 0), _ml.Zephyr().SaveJsonl(back, again, JsonlFormat.Binarized));
        foreach (var (line, i) in Lines(again).Select((l, i) => (l, i)))
        {
            foreach (var field in (string[])["chosen", "rejected", "messages"])
                Assert.AreEqual(lines[i].GetProperty(field).GetRawText(), line.GetProperty(field).GetRawText());
        }
    }

    [TestMethod]
    public void CandidatesGoOutAsUltraFeedbackAndComeBack()
    {
        var path = Path.Combine(_folder, "uf.jsonl.gz");
        Assert.AreEqual(new JsonlRows(2, 1), _ml.Zephyr().SaveJsonl(Rows(), path, JsonlFormat.UltraFeedback));
        var back = _ml.Zephyr().LoadJsonl(path);
        CollectionAssert.AreEqual(Rows().GetColumn<string>("Prompt").Take(2).ToArray(), back.GetColumn<string>("Prompt").ToArray());
        CollectionAssert.AreEqual(new[] { 4.5f, 1, 3 }, back.GetColumn<float[]>("Scores").First());
        CollectionAssert.AreEqual(new[] { 2, float.NaN }, back.GetColumn<float[]>("Scores").Last());
        CollectionAssert.AreEqual(new[] { "a", "b", "c" }, back.GetColumn<string[]>("CandidateModels").First());
        CollectionAssert.AreEqual(new[] { "x", "y" }, back.GetColumn<string[]>("Candidates").Last());
    }

    [TestMethod]
    public void DialoguesGoOutAsMessagesShareGptAndAlpaca()
    {
        var z = _ml.Zephyr();
        Assert.AreEqual(new JsonlRows(3, 0), z.SaveJsonl(Rows(), Path.Combine(_folder, "m.jsonl"), JsonlFormat.Messages));
        var messages = z.LoadJsonl(Path.Combine(_folder, "m.jsonl")).GetColumn<string>("Messages").ToArray();
        Assert.AreEqual("""[{"role":"system","content":"S"},{"role":"user","content":"U"},{"role":"assistant","content":"A"},{"role":"user","content":"V"},{"role":"assistant","content":"W"}]""", messages[2]);
        z.SaveJsonl(Rows(), Path.Combine(_folder, "s.jsonl"), JsonlFormat.ShareGpt);
        StringAssert.Contains(File.ReadAllText(Path.Combine(_folder, "s.jsonl")), """{"from":"gpt","value":"Melt butter. 巧克力"}""");
        CollectionAssert.AreEqual(messages, z.LoadJsonl(Path.Combine(_folder, "s.jsonl")).GetColumn<string>("Messages").ToArray());
        Assert.AreEqual(new JsonlRows(2, 1), z.SaveJsonl(Rows(), Path.Combine(_folder, "a.jsonl"), JsonlFormat.Alpaca));
        CollectionAssert.AreEqual(new[] { "A scene:\nan ark.", "Melt butter. 巧克力" }, z.LoadJsonl(Path.Combine(_folder, "a.jsonl")).GetColumn<string>("Response").ToArray());
    }

    [TestMethod]
    public void ColumnsKeepTheirNamesAndValues()
    {
        var path = Path.Combine(_folder, "c.jsonl");
        Assert.AreEqual(new JsonlRows(3, 0), _ml.Zephyr().SaveJsonl(Rows(), path, JsonlFormat.Columns));
        var back = _ml.Zephyr().LoadJsonl(path);
        foreach (var name in (string[])["Prompt", "Response", "Chosen", "Rejected", "Messages"])
            CollectionAssert.AreEqual(Rows().GetColumn<string>(name).ToArray(), back.GetColumn<string>(name).ToArray(), name);
        foreach (var (a, b) in Rows().GetColumn<float[]>("Scores").Zip(back.GetColumn<float[]>("Scores")))
            CollectionAssert.AreEqual(a, b);
        CollectionAssert.AreEqual(new[] { 1f, 2, 3 }, back.GetColumn<float>("Number").ToArray());
    }

    [TestMethod]
    public void WhatIsNotThereIsNamedAndTheOldFileStays()
    {
        var path = Path.Combine(_folder, "old.jsonl");
        File.WriteAllText(path, "old");
        var prompts = _ml.Data.LoadFromEnumerable(new List<Prompt> { new() { Text = "p" } });
        StringAssert.Contains(Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Zephyr().SaveJsonl(prompts, path, JsonlFormat.Binarized)).Message, "Chosen");
        var bad = _ml.Data.LoadFromEnumerable(new List<Row> { new() { Prompt = "p", Response = "r" }, new() { Messages = "no JSON" } });
        StringAssert.Contains(Assert.Throws<FormatException>(() => _ml.Zephyr().SaveJsonl(bad, path, JsonlFormat.Messages)).Message, "Row 1, column 'Messages'");
        Assert.AreEqual("old", File.ReadAllText(path));
        Assert.HasCount(1, Directory.GetFiles(_folder));
    }

    [TestMethod]
    public void FeedbackIsMadeAndSavedInOnePass()
    {
        var desk = new Desk();
        var data = desk.Prompts(7);
        var path = Path.Combine(_folder, "made.jsonl");
        Assert.AreEqual(new JsonlRows(7, 0), desk.Z.SaveJsonl(desk.Chain(data).Transform(data), path, JsonlFormat.Binarized));
        Assert.AreEqual((7, 21, 7), (desk.Judge.Calls, desk.PoolCalls, desk.Teacher.Calls));
    }

    private sealed class Row
    {
        public string Prompt { get; set; } = "";

        public string Messages { get; set; } = "";

        public string Response { get; set; } = "";

        public string[] Candidates { get; set; } = [];

        public string[] CandidateModels { get; set; } = [];

        public float[] Scores { get; set; } = [];

        public string Chosen { get; set; } = "";

        public string Rejected { get; set; } = "";

        public int Number { get; set; }
    }
}
