// The recipe on real input: a pretrained student, and feedback that somebody recorded.
//   RealFeedback --student FOLDER --feedback FILE [--train 64] [--heldout 64] [--max-length 256] [--out artifacts/real-feedback] [--prompt TEXT] ... (see Settings)
// FOLDER: config.json, tokenizer.json, model.safetensors or model.gguf. FILE: JSON lines (.gz too) of prompt and candidates [{ model, text, a score }].
using System.Diagnostics;
using Microsoft.ML;
using RealFeedback;
using ZephyrML;
using ZephyrML.Teacher;

if (Settings.Read(args) is not { } settings)
    return 2;
var clock = Stopwatch.StartNew();
var ml = new MLContext(settings.Seed);
var z = ml.Zephyr(o => o.Progress = new ConsoleProgress());

// 1. Rank: the scores are recorded, so nobody is asked. The best answer is chosen (of equals the first), a random lower one rejected.
var rows = z.LoadJsonl(settings.Feedback, new() { ScoreField = settings.ScoreField, LeaveOutModels = settings.LeaveOut });
var ranked = z.Rank(new RecordedJudge([])).Fit(rows).Transform(rows);
var (train, heldOut) = Pairs.Split(ml, ranked, settings);

// 2. dSFT on the chosen answers, dDPO on the pairs.
var sft = z.DistilledSft(new()
{
    BaseModel = settings.Student, ResponseColumn = ZephyrColumns.Chosen, MaxLength = settings.MaxLength, LearningRate = settings.SftLearningRate,
    Epochs = settings.SftEpochs, BatchSize = 2, AccumulationSteps = 4, MaxNewTokens = 96, LogEverySteps = 1,
});
using var dsft = sft.Fit(train);
var dpo = z.DistilledDpo(dsft, new()
{
    MaxLength = settings.MaxLength, LearningRate = settings.DpoLearningRate, Beta = settings.Beta, Epochs = settings.DpoEpochs, BatchSize = 2, AccumulationSteps = 4, LogEverySteps = 1,
});
using var model = dpo.Fit(train, heldOut);

// 3. Save, load, ask.
z.Save(model, train.Schema, settings.Zip);
Figures.Print(settings, sft.LastResult!, dpo.LastResult!, clock.Elapsed);
using var engine = ml.Model.CreatePredictionEngine<Prompt, Reply>(ml.Model.Load(settings.Zip, out _));
Console.WriteLine($"\n{settings.Prompt}\n  -> {engine.Predict(new Prompt { Text = settings.Prompt }).Text}");
return 0;
