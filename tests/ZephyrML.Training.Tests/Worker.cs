using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ZephyrML.LanguageModels;

namespace ZephyrML.Training.Tests;

/// <summary>The second process of the tests: a training run with checkpoints, which may be killed and started again. Prints a hash of the final weights and all metrics.</summary>
internal static class Worker
{
    public static int Main(string[] args)
    {
        if (args[0] == "memory")
        {
            new MemoryJob(args[1]).Run();
            return 0;
        }
        if (args[0] == "flat")
        {
            new FlatJob(args[1], int.Parse(args[2], CultureInfo.InvariantCulture), args[3]).Run();
            return 0;
        }
        var job = new Job(args[0], args[1], int.Parse(args[2], CultureInfo.InvariantCulture), int.Parse(args[3], CultureInfo.InvariantCulture), int.Parse(args[4], CultureInfo.InvariantCulture));
        Console.WriteLine("started");
        Console.WriteLine(job.Run());
        return 0;
    }

    /// <param name="Stage">dSFT or dDPO.</param>
    /// <param name="Folder">Of the checkpoints.</param>
    /// <param name="Steps">How many to make.</param>
    /// <param name="SaveEvery">Steps between checkpoints.</param>
    /// <param name="Hidden">The model's width: the larger, the longer a checkpoint takes.</param>
    public sealed record Job(string Stage, string Folder, int Steps, int SaveEvery, int Hidden = 16)
    {
        public string Run()
        {
            TorchSharp.torch.set_num_threads(1);
            using var model = new CausalLM(new ModelConfig
            {
                ModelType = "llama", VocabSize = 61, HiddenSize = Hidden, IntermediateSize = 2 * Hidden, NumHiddenLayers = 1, NumAttentionHeads = 2, NumKeyValueHeads = 1,
            }, seed: 5);
            TrainingResult result = Stage == "dSFT"
                ? SftTrainer.Train(model, TinyModel.SftRows(10, maxLength: 12), TinyModel.SftRows(4, seed: 8, maxLength: 12), Set(new SftOptions { Packing = Packing.None }), new() { Seed = 3 })
                : DpoTrainer.Train(model, TinyModel.Pairs(10), TinyModel.Pairs(4, seed: 8), Set(new DpoOptions()), new() { Seed = 3 });
            return Hash(model, result);
        }

        public Process Start() => Worker.Start(Stage, Folder, $"{Steps}", $"{SaveEvery}", $"{Hidden}");

        private T Set<T>(T options) where T : TrainingOptions
        {
            options.MaxLength = 32;
            options.MaxSteps = Steps;
            options.BatchSize = 2;
            options.AccumulationSteps = 2;
            options.LearningRate = 1e-3;
            options.CheckpointFolder = Folder;
            options.SaveEverySteps = SaveEvery;
            options.EvaluateEverySteps = 4;
            return options;
        }
    }

    /// <summary>
    /// Trains with evaluations and checkpoints; prints ten times, in even distances, the live tensors, the memory that the process has beyond the managed heap, and the managed heap, in bytes.
    /// A process of its own, since in the tests' one other tests move the memory.
    /// </summary>
    public sealed record FlatJob(string Stage, int Steps, string Folder)
    {
        public void Run()
        {
            TorchSharp.torch.set_num_threads(1);
            using var model = TinyModel.Create(layers: 1);
            var context = new TrainingContext { Progress = new Told(this) };
            TrainingOptions options = Stage == "dSFT" ? new SftOptions { LearningRate = 1e-4 } : new DpoOptions { LearningRate = 1e-5 };
            (options.MaxSteps, options.MaxLength, options.BatchSize, options.LogEverySteps, options.EvaluateEverySteps, options.SaveEverySteps, options.CheckpointFolder) = (Steps, 32, 2, Steps / 10, Steps / 5, Steps / 5, Folder);
            if (options is SftOptions sft)
                SftTrainer.Train(model, TinyModel.SftRows(16, maxLength: 10), TinyModel.SftRows(4, seed: 8, maxLength: 10), sft, context);
            else
                DpoTrainer.Train(model, TinyModel.Pairs(8), TinyModel.Pairs(4, seed: 8), (DpoOptions)options, context);
        }

        public Process Start() => Worker.Start("flat", Stage, $"{Steps}", Folder);

        private sealed class Told(FlatJob job) : IProgress<TrainingProgress>
        {
            public void Report(TrainingProgress value)
            {
                if (value.Stage != job.Stage || value.Step == 0 || value.Metrics.ContainsKey("eval_loss"))
                    return;
                long managed = GC.GetTotalMemory(forceFullCollection: true);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount} {Environment.WorkingSet - GC.GetGCMemoryInfo().TotalCommittedBytes} {managed}"));
            }
        }
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["exec", typeof(Worker).Assembly.Location, .. arguments])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Trains one step of a model of 14M weights; prints the estimate of its memory and what it took, in bytes.</summary>
    /// <param name="How">stored or recomputed.</param>
    public sealed record MemoryJob(string How)
    {
        public void Run()
        {
            static long Resident()
            {
                using var process = Process.GetCurrentProcess();
                return process.WorkingSet64;
            }
            TorchSharp.torch.set_num_threads(2);
            long Bytes(CausalLM m) => m.NamedWeights.Sum(w => 4 * w.Weight.numel());
            using var model = new CausalLM(new ModelConfig { VocabSize = 4096, HiddenSize = 320, NumHiddenLayers = 8, NumAttentionHeads = 8, NumKeyValueHeads = 4, IntermediateSize = 864 }, seed: 5);
            using (var warm = TinyModel.Create(layers: 1))                          // code and libraries are no part of it
                SftTrainer.Train(warm, TinyModel.SftRows(2), null, new() { MaxSteps = 1, MaxLength = 32 }, new());
            long before = Resident() - Bytes(model);
            var rows = TinyModel.SftRows(4, vocabulary: 4096, minLength: 255, maxLength: 256);
            var result = SftTrainer.Train(model, rows, null, new SftOptions { Packing = Packing.None, MaxSteps = 1, BatchSize = 4, MaxLength = 256, RecomputeActivations = How == "recomputed" }, new());
            Console.WriteLine(result.MemoryEstimate.Total.ToString(CultureInfo.InvariantCulture));
            Console.WriteLine((result.PeakMemoryBytes - before).ToString(CultureInfo.InvariantCulture));
        }

        public Process Start() => Worker.Start("memory", How);
    }

    /// <summary>Of the weights' bits and of all metrics' shortest exact forms.</summary>
    public static string Hash(CausalLM model, TrainingResult result)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(TinyModel.Weights(model).AsSpan()));
        foreach (var metrics in result.Steps.Concat(result.Evaluations))
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(MetricLines.Write(metrics)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
