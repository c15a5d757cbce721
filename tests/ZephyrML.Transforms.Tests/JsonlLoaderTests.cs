using System.IO.Compression;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.Transforms.Loading;

namespace ZephyrML.Transforms.Tests;

[TestClass]
public sealed class JsonlLoaderTests
{
    private readonly MLContext _ml = new(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("zephyr-jsonl").FullName;

    [TestCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void MessagesBecomeADialogueAndItsPrompt()
    {
        var data = Load("""{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Rain?"},{"role":"assistant","content":"No."}]}""");
        CollectionAssert.AreEquivalent(new[] { "Prompt", "Messages" }, data.Schema.Select(c => c.Name).ToArray());
        Assert.AreEqual("Rain?", Texts(data, "Prompt").Single());
        Assert.AreEqual("""[{"role":"system","content":"Be brief."},{"role":"user","content":"Rain?"},{"role":"assistant","content":"No."}]""", Texts(data, "Messages").Single());
    }

    [TestMethod]
    public void ShareGptSpeaksOfHumanAndGpt()
    {
        var data = Load("""{"conversations":[{"from":"human","value":"Rain?"},{"from":"gpt","value":"No."}]}""");
        Assert.AreEqual("""[{"role":"user","content":"Rain?"},{"role":"assistant","content":"No."}]""", Texts(data, "Messages").Single());
    }

    [TestMethod]
    public void AlpacaPutsTheInputBehindTheInstruction()
    {
        var data = Load("""{"instruction":"Sum up.","input":"It rained.","output":"Rain."}""", """{"instruction":"Sing.","input":"","output":"La."}""");
        CollectionAssert.AreEqual(new[] { "Sum up.\n\nIt rained.", "Sing." }, Texts(data, "Prompt"));
        CollectionAssert.AreEqual(new[] { "Rain.", "La." }, Texts(data, "Response"));
    }

    [TestMethod]
    public void BinarizedPreferencesAreReadAsTextsAndAsMessages()
    {
        var data = Load(
            """{"prompt":"Rain?","chosen":"No, stay dry.","rejected":"Dunno."}""",
            """{"prompt":"Rain?","chosen":[{"role":"user","content":"Rain?"},{"role":"assistant","content":"No."}],"rejected":[{"role":"user","content":"Rain?"},{"role":"assistant","content":"Yes."}]}""",
            """{"chosen":[{"role":"system","content":"S"},{"role":"user","content":"U"},{"role":"assistant","content":"A"}],"rejected":[{"role":"system","content":"S"},{"role":"user","content":"U"},{"role":"assistant","content":"B"}]}""");
        CollectionAssert.AreEqual(new[] { "No, stay dry.", "No.", "A" }, Texts(data, "Chosen"));
        CollectionAssert.AreEqual(new[] { "Dunno.", "Yes.", "B" }, Texts(data, "Rejected"));
        CollectionAssert.AreEqual(new[] { "", "", """[{"role":"system","content":"S"},{"role":"user","content":"U"}]""" }, Texts(data, "Messages"));
    }

    [TestMethod]
    public void CandidatesCarryTheirScores()
    {
        var data = Load(
            new JsonlOptions { ScoreField = "gpt4_preference", LeaveOutModels = ["reference"] },
            """{"prompt":"P","candidates":[{"model":"a","text":"A","gpt4_preference":1.5},{"model":"reference","text":"R","gpt4_preference":2},{"model":"b","text":"B"}]}""");
        CollectionAssert.AreEqual(new[] { "A", "B" }, Vector<ReadOnlyMemory<char>>(data, "Candidates").Select(t => t.ToString()).ToArray());
        CollectionAssert.AreEqual(new[] { "a", "b" }, Vector<ReadOnlyMemory<char>>(data, "CandidateModels").Select(t => t.ToString()).ToArray());
        CollectionAssert.AreEqual(new[] { 1.5f, float.NaN }, Vector<float>(data, "Scores"));
    }

    [TestMethod]
    public void UltraFeedbackScoresAreTheMeanOfTheAspects()
    {
        var data = Load("""{"instruction":"P","completions":[{"model":"a","response":"A","annotations":{"honesty":{"Rating":"4"},"helpfulness":{"Rating":"5"},"truthfulness":{"Rating":"N/A"}}},{"model":"b","response":"B","overall_score":7}]}""");
        CollectionAssert.AreEqual(new[] { 4.5f, 7f }, Vector<float>(data, "Scores"));
    }

    [TestMethod]
    public void GzipIsReadWhateverTheFileIsCalled()
    {
        var path = Path.Combine(_folder, "rows.jsonl");
        using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes("{\"prompt\":\"P\"}\n\n{\"prompt\":\"Q\"}\n"));
        CollectionAssert.AreEqual(new[] { "P", "Q" }, Texts(JsonlLoader.Load(_ml, path), "Prompt"));
    }

    [TestMethod]
    [DataRow("""{"prompt":""", "line 2")]
    [DataRow("""[1]""", "expected a JSON object")]
    [DataRow("""{"prompt":3}""", "prompt must be a text")]
    [DataRow("""{"messages":[{"role":"robot","content":"x"}]}""", "messages[0] has the role 'robot'")]
    [DataRow("""{"messages":[{"role":"user"}]}""", "messages[0] must be an object")]
    [DataRow("""{"prompt":"P","chosen":"A"}""", "none called rejected")]
    [DataRow("""{"chosen":[{"role":"user","content":"x"},{"role":"assistant","content":"A"}],"rejected":[{"role":"user","content":"y"},{"role":"assistant","content":"B"}]}""", "differ in their last turn only")]
    [DataRow("""{"prompt":"P","candidates":[{"model":"a"}]}""", "candidates[0] has none of the fields")]
    [DataRow("""{"prompt":"P","candidates":["A","B"],"scores":[1]}""", "scores must be an array of 2 numbers")]
    [DataRow("""{"weather":"fine"}""", "the fields weather make no known shape")]
    public void AWrongLineIsNamedBeforeAnythingIsRead(string line, string expected)
    {
        var e = Assert.ThrowsExactly<InvalidDataException>(() => Load("""{"prompt":"fine"}""", line));
        StringAssert.Contains(e.Message, "rows.jsonl, line 2: ");
        StringAssert.Contains(e.Message, expected);
    }

    [TestMethod]
    public void AMissingAndAnEmptyFileAreNamed()
    {
        Assert.ThrowsExactly<FileNotFoundException>(() => JsonlLoader.Load(_ml, Path.Combine(_folder, "none.jsonl")));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Load("")).Message, "has no rows");
    }

    private IDataView Load(params string[] lines) => Load(null, lines);

    private IDataView Load(JsonlOptions? options, params string[] lines)
    {
        var path = Path.Combine(_folder, "rows.jsonl");
        File.WriteAllLines(path, lines);
        return JsonlLoader.Load(_ml, path, options);
    }

    private static string[] Texts(IDataView data, string column) => [.. data.GetColumn<string>(column).Select(t => t ?? "")];

    private static T[] Vector<T>(IDataView data, string column) => data.GetColumn<VBuffer<T>>(column).Single().DenseValues().ToArray();
}
