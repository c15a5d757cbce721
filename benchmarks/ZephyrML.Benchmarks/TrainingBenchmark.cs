using System.Diagnostics;
using System.Text.Json;
using TorchSharp;
using ZephyrML.LanguageModels;
using ZephyrML.Training;
using static TorchSharp.torch;

namespace ZephyrML.Benchmarks;

/// <summary>
/// Tokens per second of both trainers on a model of random weights. The shapes, the rows and the measure are those of a plain PyTorch
/// yardstick (prompt_ids with completion_ids, or with chosen_ids and rejected_ids, one JSON object a line), so that both can be run in turn. <c>--variants</c> also runs dDPO without shared prompts and
/// with recomputed activations.
/// </summary>
internal static class TrainingBenchmark
{
    internal static readonly Dictionary<string, ModelConfig> Shapes = new()
    {
        ["1m"] = Shape(2048, 128, 4, 4, 2, 344, false), ["10m"] = Shape(4096, 320, 8, 8, 4, 864, false),
        ["40m"] = Shape(8192, 512, 12, 8, 4, 1376, false), ["135m"] = Shape(49152, 576, 30, 9, 3, 1536, true),
    };

    public static string Run(string[] args)
    {
        string Option(string name, string otherwise) => Array.IndexOf(args, "--" + name) is >= 0 and var at ? args[at + 1] : otherwise;
        int Number(string name, int otherwise) => int.Parse(Option(name, otherwise.ToString()));
        string shape = Option("shape", "10m"), task = Option("task", "both");
        int batch = Number("batch", 4), steps = Number("steps", 8), warmup = Number("warmup", 2);
        var config = Shapes[shape];
        var rows = Option("rows", "") is { Length: > 0 } file ? File.ReadLines(file).Where(l => l.Length > 0).Select(l => Row(JsonDocument.Parse(l).RootElement)).ToList() : RandomRows(config.VocabSize, 64);
        var results = new Dictionary<string, object?> { ["shape"] = shape, ["batch"] = batch, ["threads"] = get_num_threads(), ["gemm_gflops"] = Math.Round(GemmRate() / 1e9, 1) };
        if (task != "dpo")
        {
            var set = new SftOptions { MaxSteps = warmup + steps, BatchSize = batch, MaxLength = 512, LearningRate = 1e-4, Packing = Option("packing", "none") == "bestfit" ? Packing.BestFit : Packing.None, LogEverySteps = 1 };
            results["sft"] = Measure(config, warmup, (model, context) => SftTrainer.Train(model, [.. rows.Select(r => new SftRow([.. r.Prompt, .. r.Chosen], [.. r.Prompt.Select(_ => false), .. r.Chosen.Select(_ => true)]))], null, set, context));
        }
        if (task != "sft" && rows[0].Rejected.Length > 0)
        {
            DpoOptions Set() => new() { MaxSteps = warmup + steps, BatchSize = batch, MaxLength = 512, LearningRate = 1e-4, LogEverySteps = 1 };
            var variants = new List<(string Name, DpoOptions Options)> { ("dpo", Set()) };
            if (Array.IndexOf(args, "--variants") >= 0)
            {
                var (apart, again) = (Set(), Set());
                (apart.SharePrompts, again.RecomputeActivations) = (false, true);
                variants.AddRange([("dpo, prompts apart", apart), ("dpo, recomputed", again)]);
            }
            foreach (var (name, set) in variants)
                results[name] = Measure(config, warmup, (model, context) => DpoTrainer.Train(model, rows, null, set, context));
        }
        return JsonSerializer.Serialize(results);
    }

    private static Dictionary<string, object> Measure(ModelConfig config, int warmup, Func<CausalLM, TrainingContext, TrainingResult> train)
    {
        using var model = new CausalLM(config);
        var marks = new List<(long At, double Tokens, TimeSpan Cpu)>();
        using var process = Process.GetCurrentProcess();
        var progress = new Marks(p =>
        {
            process.Refresh();
            if (p.Stage is "dSFT" or "dDPO") marks.Add((Stopwatch.GetTimestamp(), p.Metrics["num_tokens"], process.TotalProcessorTime));
        });
        var result = train(model, new TrainingContext { Progress = progress });
        var (begin, end) = (marks[warmup - 1], marks[^1]);
        double seconds = Stopwatch.GetElapsedTime(begin.At, end.At).TotalSeconds, tokens = end.Tokens - begin.Tokens;
        var measured = new Dictionary<string, object>
        {
            ["tokens_per_s"] = Math.Round(tokens / seconds, 1), ["steps_per_s"] = Math.Round((marks.Count - warmup) / seconds, 3), ["seconds"] = Math.Round(seconds, 2),
            // Hangs less on what else the machine does.
            ["tokens_per_cpu_s"] = Math.Round(tokens / (end.Cpu - begin.Cpu).TotalSeconds, 1),
            ["peak_rss_mib"] = result.PeakMemoryBytes >> 20, ["losses"] = result.Steps.Select(s => Math.Round(s["loss"], 5)).ToArray(),
        };
        if (result is DpoResult dpo)
            measured["reference_seconds"] = Math.Round(dpo.ReferenceTime.TotalSeconds, 2);
        return measured;
    }

    private sealed class Marks(Action<TrainingProgress> mark) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => mark(value);
    }

    private static ModelConfig Shape(int vocabulary, int hidden, int layers, int heads, int keyValueHeads, int intermediate, bool tied) => new()
    {
        VocabSize = vocabulary, HiddenSize = hidden, NumHiddenLayers = layers, NumAttentionHeads = heads, NumKeyValueHeads = keyValueHeads, IntermediateSize = intermediate, TieWordEmbeddings = tied, RmsNormEps = 1e-5,
    };

    private static PreferenceRow Row(JsonElement row)
    {
        int[] Ids(string name) => row.TryGetProperty(name, out var ids) ? [.. ids.EnumerateArray().Select(i => i.GetInt32())] : [];
        return new(Ids("prompt_ids"), Ids("completion_ids") is { Length: > 0 } completion ? completion : Ids("chosen_ids"), Ids("rejected_ids"));
    }

    private static List<PreferenceRow> RandomRows(int vocabulary, int count)
    {
        var random = new Random(0);
        int[] Some(int least, int most) => [.. Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => random.Next(3, vocabulary))];
        return [.. Enumerable.Range(0, count).Select(_ => new PreferenceRow(Some(96, 160), Some(32, 192), Some(32, 192)))];
    }

    private static double GemmRate()
    {
        using var scope = NewDisposeScope();
        Tensor a = randn(1024, 1024), b = randn(1024, 1024);
        for (int i = 0; i < 3; i++) a.matmul(b).Dispose();
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < 10; i++) a.matmul(b).Dispose();
        return 20 * Math.Pow(1024, 3) / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }
}
