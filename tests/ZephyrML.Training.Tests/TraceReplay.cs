using System.Text.Json;
using ZephyrML.LanguageModels;

namespace ZephyrML.Training.Tests;

/// <summary>Runs our trainer on a trace of TRL (kinds sft-trace and dpo-trace) and compares step by step, with the tolerances of the fixtures' README.</summary>
/// <param name="folder">The trace's folder.</param>
/// <param name="real">A real model on real text, where the README allows losses 5e-4 and metrics 1e-2.</param>
internal sealed class TraceReplay(string folder, bool real = false)
{
    private readonly JsonElement trace = Fixtures.Json(folder), options = Fixtures.Json(folder).GetProperty("options");
    private readonly Dictionary<string, double> worst = [];
    private readonly List<string> problems = [];

    /// <summary>Largest difference of each quantity, in units of its tolerance.</summary>
    public IReadOnlyDictionary<string, double> Worst => worst;

    /// <summary>Why this trace cannot be run yet, or null.</summary>
    public string? NotYet()
    {
        string Text(string name) => options.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String ? v.GetString()! : "";
        bool Set(string name) => options.TryGetProperty(name, out var v) && v.ValueKind is not (JsonValueKind.Null or JsonValueKind.False);
        if (trace.TryGetProperty("lora", out var lora) && lora.ValueKind != JsonValueKind.Null) return "LoRA";
        if (Text("loss_type") == "dft") return "the loss dft";
        if (Set("packing") && Text("packing_strategy") != "bfd") return $"packing {Text("packing_strategy")}";
        if (Text("truncation_mode") == "keep_end") return "keep_end";
        if (Text("f_divergence_type") is not ("" or "reverse_kl")) return "f-divergences";
        if (Set("use_weighting")) return "WPO weights";
        if (Set("ld_alpha")) return "LD-DPO";
        if (Set("sync_ref_model")) return "sync_ref_model";
        return null;
    }

    public void Run()
    {
        var from = Path.Combine(folder, trace.GetProperty("base").GetString()!);
        using var loaded = real ? LanguageModel.Load(from) : null;
        using var model = loaded?.Network ?? Fixtures.Model(from);
        TrainingResult result = trace.GetProperty("kind").GetString() == "sft-trace" ? Sft(model) : Dpo(model);
        CompareSteps(result);
        CompareEvaluations(result);
        CompareWeights(model);
        Assert.IsEmpty(problems, $"{Path.GetFileName(folder)}: {problems.Count} differences:\n{string.Join("\n", problems.Take(20))}");
    }

    private SftResult Sft(CausalLM model)
    {
        bool all = trace.TryGetProperty("supervised", out var s) ? s.GetString() == "all" : options.GetProperty("completion_only_loss").ValueKind == JsonValueKind.False;
        var rows = Rows("data", row => SftRowOf(row, all));
        var set = Common(new SftOptions { Packing = options.GetProperty("packing").GetBoolean() ? Packing.BestFit : Packing.None });
        var evaluation = trace.TryGetProperty("eval_data", out _) ? Rows("eval_data", row => SftRowOf(row, all)) : null;
        return SftTrainer.Train(model, rows, evaluation, set, Context(set.Packing == Packing.None ? RowOrder(Enumerable.Range(0, rows.Count).ToList()) : PackedOrder(rows, set)));
    }

    private DpoResult Dpo(CausalLM model)
    {
        var set = Common(new DpoOptions
        {
            Beta = options.GetProperty("beta").GetDouble(),
            Losses = [.. options.GetProperty("loss_type").EnumerateArray().Select(l => LossNamed(l.GetString()!))],
            LossWeights = options.TryGetProperty("loss_weights", out var w) && w.ValueKind == JsonValueKind.Array ? [.. w.EnumerateArray().Select(x => x.GetDouble())] : null,
            LabelSmoothing = options.TryGetProperty("label_smoothing", out var s) ? s.GetDouble() : 0,
            DiscopopTau = options.TryGetProperty("discopop_tau", out var t) ? t.GetDouble() : 0.05,
        });
        PreferenceRow Row(JsonElement row) => new(row.GetProperty("prompt_ids").Ints(), row.GetProperty("chosen_ids").Ints(), row.GetProperty("rejected_ids").Ints());
        var rows = Rows("data", Row);
        var evaluation = trace.TryGetProperty("eval_data", out _) ? Rows("eval_data", Row) : null;
        var used = new PreferenceData(rows, set, "training").Used;
        if (trace.TryGetProperty("reference_logps", out var reference))
        {
            var logps = DpoTrainer.LogProbabilities(model, rows, set);
            for (int i = 0; i < rows.Count; i++)
            {
                if (reference[i].ValueKind != JsonValueKind.Array || float.IsNaN(logps[i].Chosen)) continue;
                Compare("reference_logps", $"row {i}", reference[i][0].Number(), logps[i].Chosen, 1e-4);
                Compare("reference_logps", $"row {i}", reference[i][1].Number(), logps[i].Rejected, 1e-4);
            }
        }
        return DpoTrainer.Train(model, rows, evaluation, set, Context(RowOrder(used)));
    }

    public static DpoLoss LossNamed(string name) => Enum.Parse<DpoLoss>(name.Replace("_", ""), ignoreCase: true);

    private T Common<T>(T set) where T : TrainingOptions
    {
        set.LearningRate = options.GetProperty("learning_rate").GetDouble();
        set.Schedule = options.GetProperty("lr_scheduler_type").GetString() switch
        {
            "linear" => LearningRateSchedule.Linear, "cosine" => LearningRateSchedule.Cosine, "constant" => LearningRateSchedule.Constant, "constant_with_warmup" => LearningRateSchedule.ConstantWithWarmup,
            var other => throw new NotSupportedException(other),
        };
        double warmup = options.GetProperty("warmup_steps").GetDouble();
        set.WarmupRatio = warmup < 1 ? warmup : 0;
        set.WarmupSteps = warmup < 1 ? null : (int)warmup;
        set.WeightDecay = options.GetProperty("weight_decay").GetDouble();
        set.AdamBeta1 = options.GetProperty("adam_beta1").GetDouble();
        set.AdamBeta2 = options.GetProperty("adam_beta2").GetDouble();
        set.AdamEpsilon = options.GetProperty("adam_epsilon").GetDouble();
        set.MaxGradNorm = options.GetProperty("max_grad_norm").GetDouble();
        set.BatchSize = options.GetProperty("per_device_train_batch_size").GetInt32();
        set.EvaluationBatchSize = options.TryGetProperty("per_device_eval_batch_size", out var e) ? e.GetInt32() : null;
        set.AccumulationSteps = options.GetProperty("gradient_accumulation_steps").GetInt32();
        set.MaxLength = options.GetProperty("max_length").GetInt32();
        return set;
    }

    private TrainingContext Context(int[][][] order)
    {
        Assert.AreEqual(trace.GetProperty("total_steps").GetInt32(), order.Length);
        return new TrainingContext { Order = order, BeforeUpdate = (step, weights) => { if (step == 1) CompareGradients(weights); } };
    }

    private List<T> Rows<T>(string property, Func<JsonElement, T> read) =>
        [.. File.ReadLines(Path.Combine(folder, trace.GetProperty(property).GetString()!)).Where(l => l.Length > 0).Select(l => read(JsonDocument.Parse(l).RootElement))];

    private static SftRow SftRowOf(JsonElement row, bool all)
    {
        if (row.TryGetProperty("input_ids", out var ids))
            return new(ids.Ints(), [.. row.GetProperty("assistant_mask").Ints().Select(m => m == 1)]);
        int[] prompt = row.GetProperty("prompt_ids").Ints(), completion = row.GetProperty("completion_ids").Ints();
        return new([.. prompt, .. completion], [.. prompt.Select(_ => all), .. completion.Select(_ => true)]);
    }

    private int[][][] RowOrder(IReadOnlyList<int> used)
    {
        var unit = used.Select((row, i) => (row, i)).ToDictionary(p => p.row, p => p.i);
        return [.. trace.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("micro_batches").EnumerateArray()
            .Select(b => b.GetProperty("rows").Ints().Select(r => unit[r]).ToArray()).ToArray())];
    }

    /// <summary>Finds our packed rows in TRL's flattened batches: so it also shows that both pack alike.</summary>
    private int[][][] PackedOrder(List<SftRow> rows, SftOptions set)
    {
        var data = new SftData(rows, set, "training");
        var packed = data.Units.Select(u => u.SelectMany(i => rows[i].Ids.Take(set.MaxLength)).ToArray()).ToList();
        int[] Units(int[] flat)
        {
            var found = new List<int>();
            for (int at = 0; at < flat.Length; at += packed[found[^1]].Length)
            {
                int unit = packed.FindIndex(p => flat.AsSpan(at).StartsWith(p));
                Assert.IsGreaterThanOrEqualTo(0, unit, "A packed row of TRL is none of ours.");
                found.Add(unit);
            }
            return [.. found];
        }
        return [.. trace.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("micro_batches").EnumerateArray()
            .Select(b => Units(b.GetProperty("input_ids")[0].Ints())).ToArray())];
    }

    private void CompareSteps(TrainingResult result)
    {
        var steps = trace.GetProperty("steps");
        Assert.HasCount(steps.GetArrayLength(), result.Steps);
        for (int i = 0; i < result.Steps.Count; i++)
            CompareMetrics(steps[i], result.Steps[i].Values, "", $"step {i + 1}");
    }

    private void CompareEvaluations(TrainingResult result)
    {
        if (!trace.TryGetProperty("eval", out var evaluations))
            return;
        Assert.AreEqual(evaluations.GetArrayLength(), result.Evaluations.Count);
        for (int i = 0; i < result.Evaluations.Count; i++)
        {
            Assert.AreEqual(evaluations[i].GetProperty("after_step").GetInt32(), result.Evaluations[i].Step);
            CompareMetrics(evaluations[i], result.Evaluations[i].Values, "eval_", $"evaluation after step {result.Evaluations[i].Step}");
        }
    }

    private void CompareMetrics(JsonElement expected, IReadOnlyDictionary<string, double> actual, string prefix, string where)
    {
        foreach (var metric in expected.EnumerateObject().Where(m => m.Name is not ("step" or "micro_batches" or "after_step")))
        {
            string name = metric.Name[(metric.Name.StartsWith(prefix, StringComparison.Ordinal) ? prefix.Length : 0)..];
            if (name == "num_tokens" && prefix != "")
                continue; // that of the training so far
            if (!actual.TryGetValue(metric.Name, out double value))
                problems.Add($"{where}: there is no metric {metric.Name}");
            else
                Compare(metric.Name, where, metric.Value.Number(), value, name switch
                {
                    "learning_rate" => -1e-12,
                    "num_tokens" => 1e-12,
                    "loss" => real ? 5e-4 : 2e-5,
                    _ when real => 1e-2,
                    "grad_norm" => -1e-3,
                    _ when name.StartsWith("rewards/", StringComparison.Ordinal) || name.StartsWith("logps/", StringComparison.Ordinal) => 1e-4,
                    _ => 1e-3,
                });
        }
    }

    private void CompareGradients(FlatParameters weights)
    {
        var file = Path.Combine(folder, "step1_grads.safetensors");
        if (!File.Exists(file))
            return;
        var expected = Fixtures.Tensors(file);
        var actual = Fixtures.Values(weights.Gradients);
        foreach (var slot in weights.Slots)
        {
            var e = expected[slot.Name];
            double norm = Math.Sqrt(e.Sum(x => (double)x * x)), difference = Math.Sqrt(e.Select((x, i) => Math.Pow(x - actual[slot.Offset + i], 2)).Sum());
            Compare("first gradients", slot.Name, 0, norm == 0 ? difference : difference / norm, 1e-3);
        }
    }

    private void CompareWeights(CausalLM model)
    {
        var file = Path.Combine(folder, "final.safetensors");
        var expected = File.Exists(file) ? Fixtures.Tensors(file) : null;
        foreach (var (name, weight) in model.NamedWeights)
        {
            var actual = Fixtures.Values(weight);
            // A bias on the keys moves all scores of a query almost alike where the rotation is slow, and softmax does not see that: such gradients are all rounding, which Adam with
            // a small epsilon turns into steps of the learning rate.
            bool rounding = name.EndsWith(".k_proj.bias", StringComparison.Ordinal) && options.GetProperty("adam_epsilon").GetDouble() < 1e-7;
            if (expected is not null)
                Compare("final weights", name, 0, Math.Sqrt(expected[name].Select((x, i) => Math.Pow(x - actual[i], 2)).Average()), rounding ? 3e-4 : 1e-4);
            else if (trace.TryGetProperty("final_summary", out var all) && all.TryGetProperty(name, out var summary))
            {
                var first = summary.GetProperty("first").Floats();
                for (int i = 0; i < first.Length; i++)
                    Compare("final weights (first four)", name, first[i], actual[i], 5e-4);
                Compare("final weights (squares)", name, summary.GetProperty("square_sum").GetDouble(), actual.Sum(x => (double)x * x), 1e-4);
            }
        }
    }

    /// <summary>A tolerance below 0 is relative, above 0 relative to max(1, expected).</summary>
    private void Compare(string what, string where, double expected, double actual, double tolerance)
    {
        double allowed = tolerance < 0 ? -tolerance * Math.Abs(expected) : tolerance * Math.Max(1, Math.Abs(expected));
        double difference = expected.Equals(actual) ? 0 : Math.Abs(expected - actual);
        worst[what] = Math.Max(worst.GetValueOrDefault(what), allowed == 0 ? (difference == 0 ? 0 : double.PositiveInfinity) : difference / allowed);
        if (!(difference <= allowed))
            problems.Add(FormattableString.Invariant($"{where}: {what} is {actual:R}, TRL has {expected:R}, allowed {allowed:g3}"));
    }
}
