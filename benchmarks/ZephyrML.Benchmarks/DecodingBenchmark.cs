using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using TorchSharp;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Benchmarks;

/// <summary>
/// Tokens per second of generation, in batches of one and of sixteen, as ratios to what the same run measured: the same model without its cache, and the limit that reading all
/// weights once a token sets. Turns alternate, and the best of each counts, so that what else the machine does weighs on all alike.
/// </summary>
internal static class DecodingBenchmark
{
    public static string Run(string[] args)
    {
        string Option(string name, string otherwise) => Array.IndexOf(args, "--" + name) is >= 0 and var at ? args[at + 1] : otherwise;
        int tokens = int.Parse(Option("tokens", "48"), CultureInfo.InvariantCulture), turns = int.Parse(Option("turns", "3"), CultureInfo.InvariantCulture), prompt = int.Parse(Option("prompt", "64"), CultureInfo.InvariantCulture);
        string folder = Option("folder", "");
        using var model = folder.Length > 0 ? LanguageModel.Load(folder) : Random(Option("shape", "10m"));
        using var noGrad = no_grad();
        var config = model.Config;
        int[] ids = [.. Enumerable.Range(0, prompt).Select(i => 3 + i * 7919 % (config.VocabSize - 3))];
        // Everything that a token passes through is read once: all weights, of an embedding that is not the head but one row.
        long bytes = model.Network.NamedWeights.Sum(w => w.Weight.NumberOfElements * w.Weight.ElementSize) - (config.TieWordEmbeddings ? 0 : (long)config.VocabSize * config.HiddenSize * 4);
        var best = new Dictionary<string, double>();
        Generate(model, ids, 16, 2);
        for (int turn = 0; turn < turns; turn++)
        {
            Take("bandwidth", Bandwidth());
            double first = Seconds(() => Generate(model, ids, 1, 1));
            Take("first", 1 / first);
            foreach (int rows in new[] { 1, 16 })
            {
                double start = Seconds(() => Generate(model, ids, rows, 1));
                Take($"batch{rows}", (tokens - 1) * rows / (Seconds(() => Generate(model, ids, rows, tokens)) - start));
            }
            Take("whole1", 1 / Seconds(() => WithoutCache(model, ids, prompt + tokens / 2, 1)));
            Take("whole16", 16 / Seconds(() => WithoutCache(model, ids, prompt + tokens / 2, 16)));
        }
        double limit = best["bandwidth"] / bytes;
        return new JsonObject
        {
            ["model"] = folder.Length > 0 ? Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)) : Option("shape", "10m"),
            ["parameters"] = model.Network.NamedWeights.Sum(w => w.Weight.NumberOfElements), ["prompt"] = prompt, ["new_tokens"] = tokens, ["threads"] = get_num_threads(),
            ["bandwidth_gb_per_s"] = Round(best["bandwidth"] / 1e9), ["limit_tokens_per_s"] = Round(limit),
            ["batch1_tokens_per_s"] = Round(best["batch1"]), ["batch1_of_limit"] = Round(best["batch1"] / limit), ["batch1_to_no_cache"] = Round(best["batch1"] / best["whole1"]),
            ["batch16_tokens_per_s"] = Round(best["batch16"]), ["batch16_to_batch1"] = Round(best["batch16"] / best["batch1"]), ["batch16_to_no_cache"] = Round(best["batch16"] / best["whole16"]),
            ["first_token_ms"] = Round(1000 / best["first"]),
        }.ToJsonString();

        void Take(string what, double rate) => best[what] = Math.Max(best.GetValueOrDefault(what), rate);
    }

    private static void Generate(LanguageModel model, int[] prompt, int rows, int tokens) =>
        TextGenerator.Generate(model, [.. Enumerable.Repeat(prompt, rows)], new GenerationOptions { MaxNewTokens = tokens, MinNewTokens = tokens, BatchSize = rows });

    // What one more token costs where everything before it is computed again, at a length in the middle of the run.
    private static void WithoutCache(LanguageModel model, int[] prompt, int length, int rows)
    {
        using var scope = NewDisposeScope();
        long[] ids = [.. Enumerable.Range(0, rows * length).Select(i => (long)prompt[i % length % prompt.Length])];
        var hidden = model.Network.Hidden(tensor(ids, [rows, length])).select(1, length - 1);
        model.Network.Logits(hidden).argmax(-1).cpu();
    }

    // Bytes per second that all threads together read of a buffer much larger than any cache.
    private static double Bandwidth()
    {
        int threads = get_num_threads();
        var buffer = GC.AllocateUninitializedArray<float>(1 << 26);
        Array.Fill(buffer, 1f);
        var sums = new float[threads];
        double best = double.MaxValue;
        for (int turn = 0; turn < 5; turn++)
            best = Math.Min(best, Seconds(() => Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, t =>
            {
                int part = buffer.Length / threads / (4 * Vector<float>.Count) * (4 * Vector<float>.Count);
                var v = MemoryMarshal.Cast<float, Vector<float>>(buffer.AsSpan(t * part, part));
                Vector<float> a = default, b = default, c = default, d = default;
                for (int i = 0; i < v.Length; i += 4) (a, b, c, d) = (a + v[i], b + v[i + 1], c + v[i + 2], d + v[i + 3]);
                sums[t] = Vector.Sum(a + b + c + d);
            })));
        return buffer.Length * (double)sizeof(float) / best;
    }

    private static LanguageModel Random(string shape)
    {
        var config = TrainingBenchmark.Shapes[shape];
        var tokenizer = new BpeTrainer(new BpeTrainerOptions { VocabularySize = 300 }).Train(["It will rain tomorrow, and the wind will turn."]);
        return LanguageModel.Create(config, tokenizer, ChatTemplate.Zephyr, seed: 1);
    }

    private static double Seconds(Action action)
    {
        long begin = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static double Round(double x) => Math.Round(x, x < 10 ? 3 : 1);
}
