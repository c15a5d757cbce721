using Microsoft.ML;
using Microsoft.ML.Data;
using WeatherDesk;
using ZephyrML.Teacher;

namespace Quickstart;

/// <summary>Replies of a model to held-out prompts, and how good they are.</summary>
internal static class Evaluation
{
    /// <summary>The replies, answered in batches.</summary>
    public static IReadOnlyList<string> Replies(MLContext ml, ITransformer model, IReadOnlyList<WeatherPrompt> prompts) =>
        [.. model.Transform(TeacherDesk.View(ml, prompts)).GetColumn<string>("Reply")];

    /// <summary>The share of replies that state what was asked, and nothing wrong.</summary>
    public static double FactAccuracy(IReadOnlyList<WeatherPrompt> prompts, IReadOnlyList<string> replies) =>
        prompts.Zip(replies).Average(r => FactChecker.Check(r.First, r.Second).IsCorrect ? 1.0 : 0);

    /// <summary>The mean score.</summary>
    public static double Score(IReadOnlyList<WeatherPrompt> prompts, IReadOnlyList<string> replies) =>
        prompts.Zip(replies).Average(r => ReplyJudge.Score(r.First, r.Second).Value);

    /// <summary>How often one arm's reply beats another's.</summary>
    public static WinRate Wins(IReadOnlyList<WeatherPrompt> prompts, IReadOnlyList<string> replies, IReadOnlyList<string> against) =>
        WinRate.Of([.. prompts.Select((p, i) => ReplyJudge.Compare(p, replies[i], against[i]))]);
}
