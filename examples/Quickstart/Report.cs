using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using WeatherDesk;
using ZephyrML.Training;

namespace Quickstart;

/// <summary>Writes metrics.json, replies.jsonl and training.svg, and says on the console what came out.</summary>
internal sealed class Report(Settings settings, TeacherDesk desk, SftResult sft, DpoResult dpo, ConsoleProgress progress)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly List<(string Name, IReadOnlyList<string> Replies)> _arms = [];
    private readonly double _fitted = progress.Elapsed;
    private readonly long _firstRun = desk.PaidForTheCache();
    private long _secondRun = -1;

    /// <summary>Takes up an arm's replies to the held-out prompts.</summary>
    public void Add(string arm, IReadOnlyList<string> replies) => _arms.Add((arm, replies));

    /// <summary>Runs the teacher's stages again and notes what they cost.</summary>
    public void PayAgain(Func<long> teacherStages) => _secondRun = teacherStages();

    /// <summary>Writes everything.</summary>
    public void Write(IReadOnlyList<WeatherPrompt> prompts)
    {
        progress.Dispose();
        var metrics = Metrics(prompts);
        File.WriteAllText(Path.Combine(settings.Out, "metrics.json"), metrics.ToJsonString(Indented) + "\n");
        File.WriteAllLines(Path.Combine(settings.Out, "replies.jsonl"), prompts.Select((p, i) => ReplyRow(p, i).ToJsonString(Plain)));
        File.WriteAllText(Path.Combine(settings.Out, "training.svg"), Plot(metrics));
        Summarise(prompts, metrics);
    }

    private JsonObject Metrics(IReadOnlyList<WeatherPrompt> prompts)
    {
        var arms = new JsonObject();
        foreach (var (name, replies) in _arms)
            arms[name] = new JsonObject
            {
                ["fact_accuracy"] = Evaluation.FactAccuracy(prompts, replies),
                ["score"] = Evaluation.Score(prompts, replies),
                ["words"] = replies.Average(r => r.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length),
            };
        var metrics = new JsonObject { ["seed"] = settings.Seed, ["heldout_prompts"] = prompts.Count, ["arms"] = arms };
        foreach (var (first, second) in new[] { ("sft", "base"), ("sft_dpo", "sft") })
        {
            var wins = Evaluation.Wins(prompts, Arm(first), Arm(second));
            metrics[$"{first}_vs_{second}"] = new JsonObject { ["win_rate"] = wins.Value, ["low"] = wins.Low, ["high"] = wins.High, ["wins"] = wins.Wins, ["ties"] = wins.Ties, ["losses"] = wins.Losses };
        }
        metrics["sft"] = new JsonObject { ["rows"] = sft.RowsUsed, ["tokens"] = sft.Tokens, ["steps"] = sft.Steps.Count, ["last_step_loss"] = sft.Steps[^1]["loss"] };
        metrics["dpo"] = new JsonObject
        {
            ["pairs"] = dpo.RowsUsed,
            ["tokens"] = dpo.Tokens,
            ["steps"] = dpo.Steps.Count,
            ["first_step_loss"] = dpo.Steps[0]["loss"],
            ["last_step_loss"] = dpo.Steps[^1]["loss"],
            ["heldout_reward_accuracy"] = dpo.EvaluationAfter?["eval_rewards/accuracies"],
            ["heldout_reward_margin"] = dpo.EvaluationAfter?["eval_rewards/margins"],
        };
        metrics["teacher_calls"] = new JsonObject { ["first_run"] = _firstRun, ["second_run"] = _secondRun };
        metrics["timings"] = Timings();
        return metrics;
    }

    private JsonObject Timings()
    {
        var timings = new JsonObject { ["fit_seconds"] = Math.Round(_fitted, 1), ["total_seconds"] = Math.Round(progress.Elapsed, 1) };
        foreach (var (stage, seconds) in progress.Stages)
            timings[$"{stage}_seconds"] = seconds;
        timings["sft_tokens_per_second"] = Math.Round(sft.TokensPerSecond);
        timings["dpo_tokens_per_second"] = Math.Round(dpo.TokensPerSecond);
        timings["peak_memory_mib"] = Math.Round(dpo.PeakMemoryBytes / 1048576.0);
        return timings;
    }

    private JsonObject ReplyRow(WeatherPrompt prompt, int i)
    {
        var row = new JsonObject { ["prompt"] = prompt.Text, ["forecast"] = prompt.Forecast.ToString(), ["question"] = prompt.Question.Text };
        foreach (var (name, replies) in _arms)
            row[name] = replies[i];
        foreach (var (name, replies) in _arms)
            row[$"{name}_correct"] = FactChecker.Check(prompt, replies[i]).IsCorrect;
        return row;
    }

    private string Plot(JsonObject metrics) => SvgPlot.Render("The quickstart's training",
    [
        new("dSFT: loss by step", [new("loss", Values(sft.Steps, "loss"))]),
        new("dDPO: loss by step", [new("loss", Values(dpo.Steps, "loss"))]),
        new("dDPO: rewards by step", [new("chosen", Values(dpo.Steps, "rewards/chosen")), new("rejected", Values(dpo.Steps, "rewards/rejected"))]),
        new("dDPO: reward accuracy by step", [new("accuracy", Values(dpo.Steps, "rewards/accuracies"))]),
    ], [.. _arms.Select(a => ($"{a.Name}: facts right", (double)metrics["arms"]![a.Name]!["fact_accuracy"]!)),
        .. new[] { "sft_vs_base", "sft_dpo_vs_sft" }.Select(pair => ($"{pair.Replace("_vs_", " beats ", StringComparison.Ordinal)}", (double)metrics[pair]!["win_rate"]!))]);

    private void Summarise(IReadOnlyList<WeatherPrompt> prompts, JsonObject metrics)
    {
        string N(JsonNode? n, string format) => ((double?)n)?.ToString(format, CultureInfo.InvariantCulture) ?? "none";
        Console.WriteLine($"\n{prompts.Count} held-out prompts, forecasts never seen in training:");
        foreach (var (name, _) in _arms)
            Console.WriteLine($"  {name,-8} states what was asked, and nothing wrong, in {N(metrics["arms"]![name]!["fact_accuracy"], "P1")} of its replies (mean score {N(metrics["arms"]![name]!["score"], "0.000")})");
        var wins = metrics["sft_dpo_vs_sft"]!;
        Console.WriteLine($"  sft_dpo beats sft in {N(wins["win_rate"], "P1")} of the prompts (95% interval {N(wins["low"], "P1")} to {N(wins["high"], "P1")}; ties count half)");
        Console.WriteLine($"  dDPO: loss {N(metrics["dpo"]!["first_step_loss"], "0.0000")} at its first step, {N(metrics["dpo"]!["last_step_loss"], "0.0000")} at its last; held-out pairs ranked right: {N(metrics["dpo"]!["heldout_reward_accuracy"], "P1")}");
        Console.WriteLine($"  teacher calls: {_firstRun} paid for the first run, {_secondRun} for the second");
        Console.WriteLine($"  {settings.Out}: zephyr.zip, metrics.json, replies.jsonl, training.svg; {N(metrics["timings"]!["total_seconds"], "0")} s in all");
    }

    private IReadOnlyList<string> Arm(string name) => _arms.Find(a => a.Name == name).Replies;

    private static double[] Values(IReadOnlyList<StepMetrics> steps, string name) => [.. steps.Select(s => s.Values.TryGetValue(name, out var v) ? v : double.NaN)];
}
