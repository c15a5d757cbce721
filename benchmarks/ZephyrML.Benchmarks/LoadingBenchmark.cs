using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Benchmarks;

/// <summary>
/// Gigabytes a second of reading a model's weights, against reading the same file into one buffer in the same process, and the memory that it takes at its highest.
/// Each kind is measured in a process of its own; the model is a folder of one's own, or one of 135M random weights (270 MB in bfloat16) made for the run.
/// </summary>
internal static class LoadingBenchmark
{
    private const int Rounds = 3;

    private static readonly (string Name, string File, ScalarType Type)[] Kinds =
    [
        ("safetensors-bf16-as-stored", "model.safetensors", ScalarType.BFloat16), ("safetensors-bf16-to-f32", "model.safetensors", ScalarType.Float32),
        ("gguf-bf16-as-stored", "bf16.gguf", ScalarType.BFloat16), ("gguf-f16-to-f32", "f16.gguf", ScalarType.Float32), ("gguf-q8_0-to-f32", "q8_0.gguf", ScalarType.Float32),
    ];

    public static string Run(string[] args)
    {
        string Option(string name, string otherwise) => Array.IndexOf(args, "--" + name) is >= 0 and var at ? args[at + 1] : otherwise;
        if (Option("kind", "") is { Length: > 0 } kind) return Measure(Kinds.Single(k => k.Name == kind), Option("folder", ".")).ToJsonString();
        var given = Option("folder", "");
        var folder = given.Length > 0 ? given : Directory.CreateTempSubdirectory("zephyr-loading-").FullName;
        try
        {
            var results = new JsonObject();
            if (given.Length == 0) Make(folder, results);
            foreach (var k in Kinds.Where(k => File.Exists(Path.Combine(folder, k.File)))) results[k.Name] = InItsOwnProcess(k.Name, folder);
            return results.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
        }
        finally
        {
            if (given.Length == 0) Directory.Delete(folder, recursive: true);
        }
    }

    private static void Make(string folder, JsonObject results)
    {
        var tokenizer = new BpeTrainer(new BpeTrainerOptions { VocabularySize = 300, TemplateName = "zephyr" }).Train(["It will rain tomorrow, and the wind will turn."]);
        var config = new ModelConfig { VocabSize = 49152, HiddenSize = 576, NumHiddenLayers = 30, NumAttentionHeads = 9, NumKeyValueHeads = 3, IntermediateSize = 1536, TieWordEmbeddings = true, RmsNormEps = 1e-5 };
        using (var full = LanguageModel.Create(config, tokenizer, ChatTemplate.Zephyr, seed: 0)) full.SaveHuggingFace(folder);
        using var model = LanguageModel.Load(folder, new LanguageModelOptions { DataType = ScalarType.BFloat16 });
        model.SaveHuggingFace(folder);
        foreach (var type in Enum.GetValues<GgufType>())
        {
            string file = Path.Combine(folder, $"{type.ToString().ToLowerInvariant()}.gguf");
            long begin = Stopwatch.GetTimestamp();
            model.SaveGguf(file, type);
            results[$"write-gguf-{type.ToString().ToLowerInvariant()}"] = new JsonObject { ["seconds"] = Math.Round(Stopwatch.GetElapsedTime(begin).TotalSeconds, 2), ["mb"] = new FileInfo(file).Length / 1_000_000 };
        }
    }

    private static JsonNode InItsOwnProcess(string kind, string folder)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["loading", "--kind", kind, "--folder", folder]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonNode.Parse(output)! : throw new InvalidOperationException($"{kind} ended with exit code {process.ExitCode}.");
    }

    private static JsonObject Measure((string Name, string File, ScalarType Type) kind, string folder)
    {
        string file = Path.Combine(folder, kind.File);
        bool gguf = kind.File.EndsWith(".gguf", StringComparison.Ordinal);
        double bytes = new FileInfo(file).Length, weights = 0;
        long before = Peak();
        var options = new LanguageModelOptions { DataType = kind.Type };
        long peak = 0;
        var (load, loadCpu) = Best(() =>
        {
            using var model = LanguageModel.Load(gguf ? file : folder, options);
            weights = model.Network.NamedWeights.Sum(w => w.Weight.NumberOfElements * w.Weight.ElementSize);
            if (peak == 0) peak = Peak();
        });
        var (plain, plainCpu) = Best(() => Plain(file));
        return new JsonObject
        {
            ["file_mb"] = Math.Round(bytes / 1e6), ["weights_mb"] = Math.Round(weights / 1e6), ["gb_per_s"] = Math.Round(bytes / load / 1e9, 3), ["plain_read_gb_per_s"] = Math.Round(bytes / plain / 1e9, 3),
            ["of_plain_read"] = Math.Round(plain / load, 3), ["processor_gb_per_s"] = Math.Round(bytes / loadCpu / 1e9, 3), ["processor_plain_gb_per_s"] = Math.Round(bytes / plainCpu / 1e9, 3), ["peak_mb"] = peak / 1_000_000, ["peak_before_mb"] = before / 1_000_000,
        };
    }

    // The shortest of some rounds, and the least processor time: the one that other processes do not change.
    private static (double Seconds, double Processor) Best(Action action)
    {
        double best = double.MaxValue, processor = double.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            double used = Used();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
            processor = Math.Min(processor, Used() - used);
        }
        return (best, processor);
    }

    private static double Used()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }

    private static void Plain(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        var buffer = new byte[4 << 20];
        while (stream.Read(buffer) > 0) { }
    }

    private static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
