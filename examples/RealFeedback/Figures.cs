using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ZephyrML.Training;

namespace RealFeedback;

/// <summary>What came out, on the console and in figures.json.</summary>
internal static class Figures
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Print(Settings settings, SftResult sft, DpoResult dpo, TimeSpan elapsed)
    {
        var (before, after) = (dpo.EvaluationBefore, dpo.EvaluationAfter);
        var figures = new JsonObject
        {
            ["sft"] = Stage(sft),
            ["dpo"] = Stage(dpo),
            ["heldout"] = new JsonObject
            {
                ["pairs"] = settings.HeldOut,
                // Which answer the student itself finds likelier; and, the usual measure, which answer training made likelier (nothing yet at the start).
                ["pair_accuracy_before"] = before?["eval_logps/accuracies"],
                ["pair_accuracy_after"] = after?["eval_logps/accuracies"],
                ["reward_accuracy_after"] = after?["eval_rewards/accuracies"],
                ["reward_margin_after"] = after?["eval_rewards/margins"],
                ["loss_before"] = before?["eval_loss"],
                ["loss_after"] = after?["eval_loss"],
            },
            ["peak_memory_mib"] = Math.Round(Math.Max(sft.PeakMemoryBytes, dpo.PeakMemoryBytes) / 1048576.0),
            ["reference_seconds"] = Math.Round(dpo.ReferenceTime.TotalSeconds, 1),
            ["total_seconds"] = Math.Round(elapsed.TotalSeconds, 1),
        };
        File.WriteAllText(Path.Combine(settings.Out, "figures.json"), figures.ToJsonString(Indented) + "\n");
        string N(string path, string format) => path.Split('.').Aggregate((JsonNode?)figures, (node, name) => node?[name]) is { } value ? double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture).ToString(format, CultureInfo.InvariantCulture) : "none";
        Console.WriteLine();
        Console.WriteLine($"dSFT: {N("sft.rows_used", "0")} rows ({N("sft.rows_cut", "0")} cut), {N("sft.steps", "0")} steps, loss {N("sft.first_loss", "0.0000")} to {N("sft.last_loss", "0.0000")}, {N("sft.tokens_per_second", "0.0")} tokens/s");
        Console.WriteLine($"dDPO: {N("dpo.rows_used", "0")} pairs ({N("dpo.rows_cut", "0")} cut), {N("dpo.steps", "0")} steps, loss {N("dpo.first_loss", "0.0000")} to {N("dpo.last_loss", "0.0000")}, {N("dpo.tokens_per_second", "0.0")} tokens/s");
        Console.WriteLine($"held-out pairs: {N("heldout.pairs", "0")}; chosen answer likelier than the rejected one: {N("heldout.pair_accuracy_before", "P1")} before dDPO, {N("heldout.pair_accuracy_after", "P1")} after; reward accuracy after: {N("heldout.reward_accuracy_after", "P1")}; loss {N("heldout.loss_before", "0.0000")} to {N("heldout.loss_after", "0.0000")}");
        Console.WriteLine($"peak memory {N("peak_memory_mib", "0")} MiB; {N("total_seconds", "0")} s in all; model in {settings.Zip}");
    }

    private static JsonObject Stage(TrainingResult result) => new()
    {
        ["rows_given"] = result.RowsGiven,
        ["rows_used"] = result.RowsUsed,
        ["rows_cut"] = result.RowsCut,
        ["tokens"] = result.Tokens,
        ["steps"] = result.Steps.Count,
        ["first_loss"] = result.Steps[0]["loss"],
        ["last_loss"] = result.Steps[^1]["loss"],
        ["tokens_per_second"] = Math.Round(result.TokensPerSecond, 1),
    };
}
