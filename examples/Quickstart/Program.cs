// The Zephyr recipe from end to end on a weather desk's questions, in one ML.NET pipeline: ./build.sh quickstart [--seed N] [--teacher URL --model NAME] [--out FOLDER]
using Microsoft.ML;
using Quickstart;
using ZephyrML;

if (args is ["reply", var savedModel, ..])
    return OtherProcess.Reply(savedModel, args[2..]);                            // what this program starts as another process, at the end

if (Settings.Read(args) is not { } settings)
    return 2;
var ml = new MLContext(settings.Seed);
using var progress = new ConsoleProgress();
var z = ml.Zephyr(o => o.Progress = progress);
using var desk = new TeacherDesk(settings);                                      // a teacher and four candidate models, with a response cache

// 1. Self-instruct: the teacher turns a few seed prompts into many dialogues.
IDataView dialogues = z.SelfInstruct(desk.Seeds(ml), desk.Teacher, desk.Growth);

// 2. The pipeline. Four models answer each prompt, the teacher judges the answers, and a small student learns: first from the teacher's dialogues, then from the pairs.
var sft = z.DistilledSft(new() { BaseModel = settings.BaseModel, LearningRate = 1e-3, Epochs = 2, BatchSize = 4, MaxLength = 512, MaxNewTokens = 64, ReplyBatchSize = 32 });
var dpo = z.DistilledDpo(new() { Beta = 0.1, LearningRate = 1e-4, Epochs = 1, BatchSize = 16, EvaluationFraction = 0.15, LogEverySteps = 1 });
var pipeline = z.TeacherGenerate(desk.Teacher, desk.Pool)                        // -> Response, Candidates, CandidateModels
    .Append(z.Rank(desk.Teacher))                                                // -> Scores, Chosen, Rejected
    .Append(sft)                                                                 // -> Reply
    .Append(dpo);                                                                // -> Reply
var model = pipeline.Fit(dialogues);

// 3. One zip. Another process needs nothing else.
z.Save(model, dialogues.Schema, settings.Zip);

// 4. Did it help? Held-out prompts about forecasts that training never saw, answered by the base, after dSFT, and after dDPO.
var report = new Report(settings, desk, sft.LastResult!, dpo.LastResult!, progress);
var heldOut = desk.HeldOut(dialogues);
report.Add("base", BaseArm.Replies(settings.BaseModel, heldOut));
report.Add("sft", Evaluation.Replies(ml, model.OfType<StudentTransformer>().First(), heldOut));
report.Add("sft_dpo", Evaluation.Replies(ml, z.ForScoring(model), heldOut));
report.PayAgain(() => new TeacherStages(ml, settings, z.Seed).Run());           // everything that the teacher does, a second time: it must cost nothing
report.Write(heldOut);
return OtherProcess.Ask(settings.Zip, heldOut.Take(3));
