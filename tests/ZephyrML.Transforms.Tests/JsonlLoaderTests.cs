using System.IO.Compression;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;

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
    public void AlpacaWithSystemAndHistoryIsADialogue()
    {
        var data = Load("""{"instruction":"And now?","output":"Now too.","system":"Be brief.","history":[["Rain?","No."],["Sure?","Yes."]]}""", """{"instruction":"Sing.","output":"La.","history":[]}""");
        Assert.AreEqual("""[{"role":"system","content":"Be brief."},{"role":"user","content":"Rain?"},{"role":"assistant","content":"No."},{"role":"user","content":"Sure?"},{"role":"assistant","content":"Yes."},{"role":"user","content":"And now?"},{"role":"assistant","content":"Now too."}]""", Texts(data, "Messages")[0]);
        CollectionAssert.AreEqual(new[] { "And now?", "Sing." }, Texts(data, "Prompt"));
        Assert.AreEqual("", Texts(data, "Messages")[1]);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Load("""{"instruction":"P","history":[["a","b"],["c"]]}""")).Message, "field 'history[1]'");
    }

    [TestMethod]
    public void SelfInstructsSeedsTakeTheirFirstInstance()
    {
        var data = Load(
            """{"id":"seed_task_0","name":"n","instruction":"Sum up.","instances":[{"input":"It rained.","output":"Rain."},{"input":"x","output":"y"}],"is_classification":false}""",
            """{"id":"seed_task_1","name":"m","instruction":"Sing.","instances":[{"input":"","output":"La."}],"is_classification":true}""");
        CollectionAssert.AreEqual(new[] { "Sum up.\n\nIt rained.", "Sing." }, Texts(data, "Prompt"));
        CollectionAssert.AreEqual(new[] { "Rain.", "La." }, Texts(data, "Response"));
    }

    [TestMethod]
    public void OtherFormsOfDialogues()
    {
        var data = Load(
            """{"id":"0","data":["Rain?","No.","Sure?","Yes."]}""",
            """{"messages":[{"role":"developer","content":"D"},{"role":"user","content":[{"type":"text","text":"Ra"},{"type":"text","text":"in?"}]},{"role":"assistant","content":"No."}]}""",
            """{"system":"S","conversations":[{"from":"human","value":"Rain?"},{"from":"gpt","value":"No."}]}""");
        CollectionAssert.AreEqual(new[]
        {
            """[{"role":"user","content":"Rain?"},{"role":"assistant","content":"No."},{"role":"user","content":"Sure?"},{"role":"assistant","content":"Yes."}]""",
            """[{"role":"system","content":"D"},{"role":"user","content":"Rain?"},{"role":"assistant","content":"No."}]""",
            """[{"role":"system","content":"S"},{"role":"user","content":"Rain?"},{"role":"assistant","content":"No."}]""",
        }, Texts(data, "Messages"));
    }

    [TestMethod]
    public void UltraFeedbackRowsMayNameMoreModelsThanTheyHaveCompletions()
    {
        var data = Load(
            """{"source":"evol_instruct","instruction":"P","models":["a","b"],"completions":[]}""",
            """{"source":"evol_instruct","instruction":"Q","models":["a","b"],"completions":[{"model":"a","response":"A","fine-grained_score":3.5,"overall_score":7},{"model":"b","response":"B","fine-grained_score":2}]}""");
        Assert.AreEqual(0, data.GetColumn<string[]>("Candidates").First().Length);
        CollectionAssert.AreEqual(new[] { 3.5f, 2 }, data.GetColumn<float[]>("Scores").Last());
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
        CollectionAssert.AreEqual(new[] { "P", "Q" }, Texts(_ml.Zephyr().LoadJsonl(path), "Prompt"));
    }

    [TestMethod]
    [DataRow("""{"prompt":""", "line 2")]
    [DataRow("""[1]""", "must be a JSON object")]
    [DataRow("""{"prompt":3}""", "field 'prompt': must be a text")]
    [DataRow("""{"messages":[{"role":"robot","content":"x"}]}""", "field 'messages[0]': has the role 'robot'")]
    [DataRow("""{"messages":[{"role":"user"}]}""", "field 'messages[0]': must have the texts")]
    [DataRow("""{"prompt":"P","chosen":"A"}""", "field 'rejected': is missing")]
    [DataRow("""{"chosen":[{"role":"user","content":"x"},{"role":"assistant","content":"A"}],"rejected":[{"role":"user","content":"y"},{"role":"assistant","content":"B"}]}""", "in its last turn only")]
    [DataRow("""{"prompt":"P","candidates":[{"model":"a"}]}""", "field 'candidates[0]': must have its answer in one of")]
    [DataRow("""{"prompt":"P","candidates":["A","B"],"scores":[1]}""", "has 1 entries beside 2 candidates")]
    public void AWrongLineIsNamedBeforeAnythingIsRead(string line, string expected)
    {
        var e = Assert.ThrowsExactly<InvalidDataException>(() => Load("""{"prompt":"fine"}""", line));
        StringAssert.Contains(e.Message, "rows.jsonl', line 2");
        StringAssert.Contains(e.Message, expected);
    }

    [TestMethod]
    public void AMissingAndAnEmptyFileAreNamed()
    {
        Assert.ThrowsExactly<FileNotFoundException>(() => _ml.Zephyr().LoadJsonl(Path.Combine(_folder, "none.jsonl")));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Load("")).Message, "has no rows");
    }

    [TestMethod]
    public void AFileOfNoKnownShapeIsRefusedAndUnknownFieldsAreKept()
    {
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Load("""{"weather":"fine"}""")).Message, "weather");
        var data = Load("""{"prompt":"P","weather":"fine","degrees":12.5,"id":1}""", """{"prompt":"Q","weather":"wet","degrees":8,"id":"two"}""");
        CollectionAssert.AreEqual(new[] { "Prompt", "weather", "degrees" }, data.Schema.Select(c => c.Name).ToArray());
        CollectionAssert.AreEqual(new[] { 12.5f, 8f }, data.GetColumn<float>("degrees").ToArray());
    }

    [TestMethod]
    public void OverallIsTheScoreByOption()
    {
        var data = Load(new JsonlOptions { ScoreField = "overall_score", MaxRows = 1 },
            """{"instruction":"P","completions":[{"model":"a","response":"A","overall_score":8,"annotations":{"honesty":{"Rating":"4"}}}]}""", "no JSON, not read");
        CollectionAssert.AreEqual(new[] { 8f }, Vector<float>(data, "Scores"));
    }

    private IDataView Load(params string[] lines) => Load(null, lines);

    private IDataView Load(JsonlOptions? options, params string[] lines)
    {
        var path = Path.Combine(_folder, "rows.jsonl");
        File.WriteAllLines(path, lines);
        return _ml.Zephyr().LoadJsonl(path, options);
    }

    private static string[] Texts(IDataView data, string column) => [.. data.GetColumn<string>(column).Select(t => t ?? "")];

    private static T[] Vector<T>(IDataView data, string column) => data.GetColumn<VBuffer<T>>(column).Single().DenseValues().ToArray();
}
