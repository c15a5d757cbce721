// Pretrains the quickstart's base model on the weather desk's plain text: a tokenizer, a small decoder, forecasts that grow from one day to three.
// The result is no chat model: it knows forecasts and what is said about them, and nothing of turns. ./build.sh base [--out FOLDER] [--documents N] [--seed N] [--checkpoints FOLDER: run it again after a kill and it goes on]
using System.Diagnostics;
using System.Globalization;
using PretrainBase;
using WeatherDesk;
using ZephyrML.LanguageModels;
using ZephyrML.Training;
using static TorchSharp.torch;

string Option(string name, string otherwise) => Array.IndexOf(args, "--" + name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : otherwise;
int Number(string name, int otherwise) => int.Parse(Option(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
var folder = Option("out", Path.Combine("examples", "Quickstart", "base"));
var checkpoints = Option("checkpoints", "");
var (documents, seed, layers) = (Number("documents", 36_000), Number("seed", 1), Number("layers", 3));
var clock = Stopwatch.StartNew();

// A vocabulary of a few hundred tokens: every word of the trade is one, and every digit, so that both can be copied.
var tokenizer = new BpeTrainer(new() { VocabularySize = 640 }).Train(PlainText.Documents(seed, 2000).Select(d => string.Concat(d.Select(p => p.Text))));
var config = new ModelConfig
{
    VocabSize = tokenizer.VocabularySize, HiddenSize = 128, IntermediateSize = 336, NumHiddenLayers = layers, NumAttentionHeads = 4, NumKeyValueHeads = 2,
    MaxPositionEmbeddings = 512, RmsNormEps = 1e-5, TieWordEmbeddings = true, BosTokenId = tokenizer.BosTokenId, EosTokenIds = [tokenizer.EosTokenId!.Value], PadTokenId = tokenizer.PadTokenId,
};
using var model = LanguageModel.Create(config, tokenizer, ChatTemplate.Zephyr, seed);
Console.WriteLine($"{model.Network.NamedWeights.Sum(w => w.Weight.numel()):n0} parameters, {tokenizer.VocabularySize} tokens, {documents:n0} documents");

foreach (var (days, share, schedule) in new[] { (1, 0.15, LearningRateSchedule.Constant), (2, 0.25, LearningRateSchedule.Constant), (3, 0.6, LearningRateSchedule.Cosine) })
{
    var rows = PlainText.Documents(seed + days, (int)(documents * share), maxDays: days).Select(d => PlainRows.Encode(tokenizer, d)).ToList();
    var options = new SftOptions
    {
        LearningRate = 3e-3, Schedule = schedule, WarmupSteps = 20, BatchSize = 16, Packing = Packing.None, MaxLength = 512, AdamBeta2 = 0.99, WeightDecay = 0.01, LogEverySteps = 50,
        CheckpointFolder = checkpoints.Length == 0 ? null : Path.Combine(checkpoints, $"{days}-days"), SaveEverySteps = 100,
    };
    var progress = new ConsoleProgress(days);
    SftTrainer.Train(model.Network, rows, null, options, new TrainingContext { Seed = seed, Progress = progress });
    Console.WriteLine($"after {days}-day forecasts ({clock.Elapsed:mm\\:ss}): questions about unseen forecasts answered correctly: {PlainRows.Evaluate(model, new PromptSampler(seed).Training(120, "pretraining check", days))}");
}

// Stored as bfloat16: half the size.
var full = Path.Combine(Path.GetTempPath(), "zephyr-base-" + Guid.NewGuid().ToString("n"));
model.SaveHuggingFace(full);
using (var half = LanguageModel.Load(full, new() { DataType = ScalarType.BFloat16 }))
    half.SaveHuggingFace(folder);
Directory.Delete(full, recursive: true);
using (var stored = LanguageModel.Load(folder))
    Console.WriteLine($"{folder}: {new DirectoryInfo(folder).EnumerateFiles().Sum(f => f.Length):n0} bytes; stored weights answer correctly: {PlainRows.Evaluate(stored, new PromptSampler(seed).Training(300, "pretraining check"))}");
