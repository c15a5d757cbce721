using System.Text.Encodings.Web;
using System.Text.Json;
using ZephyrML.Parity;

// Runs reference results of Hugging Face's stack: every fixture.json below the folders given, one line of JSON each. 0: all passed, 1: one failed, 2: there were none.
if (args.Length == 0 || args.FirstOrDefault(a => !Directory.Exists(a)) is not null)
{
    Console.Error.WriteLine(args.Length == 0 ? "usage: ZephyrML.Parity FOLDER..." : $"There is no folder '{args.First(a => !Directory.Exists(a))}'.");
    return 2;
}
var kinds = new Dictionary<string, Action<string, JsonElement, Outcome>>
{
    ["model"] = ModelKind.Run,
    ["adapter"] = AdapterKind.Run,
    ["gguf-blocks"] = GgufBlocksKind.Run,
    ["nf4"] = Nf4Kind.Run,
    ["pretrained"] = PretrainedKind.Run,
    ["logits-processors"] = LogitsProcessorsKind.Run,
    ["tokenizer"] = TokenizerKind.Run,
    ["template"] = TemplateKind.Run,
    ["jinja"] = TemplateKind.RunLanguage,
    ["rouge"] = RougeKind.Run,
    ["sft-trace"] = TraceKind.Run,
    ["dpo-trace"] = TraceKind.Run,
    ["loss"] = TrainingKinds.Loss,
    ["schedule"] = TrainingKinds.Schedule,
    ["packing"] = TrainingKinds.Packing,
    ["optimizer"] = TrainingKinds.Optimizer,
};
var json = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
int passed = 0, failed = 0, skipped = 0;
foreach (string file in args.SelectMany(a => Directory.EnumerateFiles(a, "fixture.json", SearchOption.AllDirectories)).Distinct().Order(StringComparer.Ordinal))
{
    string folder = Path.GetDirectoryName(file)!, kind = "?";
    var outcome = new Outcome();
    try
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(file));
        kind = fixture.RootElement.GetProperty("kind").GetString() ?? "?";
        if (kinds.TryGetValue(kind, out var run)) run(folder, fixture.RootElement, outcome);
        else outcome.Skip($"the kind {kind} is not run yet");
    }
    catch (Exception e)
    {
        outcome.Fail($"{e.GetType().Name}: {e.Message}");
    }
    if (outcome.Skipped is not null) skipped++;
    else if (outcome.Passed) passed++;
    else failed++;
    Console.WriteLine(outcome.ToJson(folder, kind).ToJsonString(json));
}
Console.Error.WriteLine($"{passed} passed, {failed} failed, {skipped} skipped");
return failed > 0 ? 1 : passed + skipped == 0 ? 2 : 0;
