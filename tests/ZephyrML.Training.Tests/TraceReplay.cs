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
        if (trace.TryGetProperty("lora", out var lora) && lora.ValueKind != JsonValueKind.Null) return "LoRA";
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
        var set = Common(new SftOptions
        {
            Packing = !options.GetProperty("packing").GetBoolean() ? Packing.None : Text("packing_strategy") switch
            {
                "bfd" => Packing.BestFit, "bfd_split" => Packing.BestFitSplit, "wrapped" => Packing.Wrapped, var other => throw new NotSupportedException(other),
            },
            Loss = Text("loss_type") == "dft" ? SftLoss.DynamicFineTuning : SftLoss.NegativeLogLikelihood,
        });
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
            Divergence = DivergenceNamed(Text("f_divergence_type")),
            AlphaDivergenceCoefficient = options.TryGetProperty("f_alpha_divergence_coef", out var a) ? a.GetDouble() : 0.5,
            UseWeighting = Is("use_weighting"),
            LdAlpha = options.TryGetProperty("ld_alpha", out var ld) && ld.ValueKind == JsonValueKind.Number ? ld.GetDouble() : null,
            Truncation = Text("truncation_mode") == "keep_end" ? Truncation.KeepEnd : Truncation.KeepStart,
            SyncReference = Is("sync_ref_model"),
            ReferenceMixup = options.TryGetProperty("ref_model_mixup_alpha", out var mixup) ? mixup.GetDouble() : 0.6,
            ReferenceSyncSteps = options.TryGetProperty("ref_model_sync_steps", out var every) ? every.GetInt32() : 512,
        });
        PreferenceRow Row(JsonElement row) => new(row.GetProperty("prompt_ids").Ints(), row.GetProperty("chosen_ids").Ints(), row.GetProperty("rejected_ids").Ints());
        var rows = Rows("data", Row);
        var evaluation = trace.TryGetProperty("eval_data", out _) ? Rows("eval_data", Row) : null;
        var used = new PreferenceData(rows, set, "training").Used;
        if (trace.TryGetProperty("reference_logps", out var reference))
        {
            var plain = (DpoOptions)set.Copy();
            plain.LdAlpha = null;
            var logps = DpoTrainer.LogProbabilities(model, rows, plain);
            for (int i = 0; i < rows.Count; i++)
            {
                if (reference[i].ValueKind != JsonValueKind.Array || float.IsNaN(logps[i].Chosen)) continue;
                Compare("reference_logps", $"row {i}", reference[i][0].Number(), logps[i].Chosen, 1e-4);
                Compare("reference_logps", $"row {i}", reference[i][1].Number(), logps[i].Rejected, 1e-4);
            }
        }
        return DpoTrainer.Train(model, rows, evaluation, set, Context(RowOrder(used)));
    }

    private string Text(string name) => options.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.String ? v.GetString()! : "";

    private bool Is(string name) => options.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.True;

    public static Divergence DivergenceNamed(string name) => name switch
    {
        "" or "reverse_kl" => Divergence.ReverseKl, "forward_kl" => Divergence.ForwardKl, "js_divergence" => Divergence.JensenShannon, "alpha_divergence" => Divergence.Alpha,
        _ => throw new NotSupportedException(name),
    };

    public static LearningRateSchedule ScheduleNamed(string name) => name switch
    {
        "cosine_with_min_lr" => LearningRateSchedule.CosineWithFloor, "cosine_warmup_with_min_lr" => LearningRateSchedule.CosineWarmupWithFloor, "inverse_sqrt" => LearningRateSchedule.InverseSquareRoot,
        _ => Enum.Parse<LearningRateSchedule>(name.Replace("_", ""), ignoreCase: true),
    };

    /// <summary>transformers' lr_scheduler_kwargs.</summary>
    public static ScheduleShape ShapeOf(JsonElement kwargs, double peak)
    {
        if (kwargs.ValueKind != JsonValueKind.Object)
            return new();
        double? Number(string name) => kwargs.TryGetProperty(name, out var v) ? v.GetDouble() : null;
        RampForm Form(string name, RampForm otherwise) => !kwargs.TryGetProperty(name, out var v) ? otherwise : v.GetString() switch { "linear" => RampForm.Linear, "cosine" => RampForm.Cosine, "1-sqrt" => RampForm.OneMinusSquareRoot, var o => throw new NotSupportedException(o) };
        foreach (var kwarg in kwargs.EnumerateObject())
            Assert.Contains(kwarg.Name, new[] { "min_lr", "min_lr_rate", "min_lr_ratio", "warmup_lr_rate", "num_cycles", "power", "lr_end", "timescale", "num_decay_steps", "num_stable_steps", "warmup_type", "decay_type" });
        return new()
        {
            FloorRatio = Number("min_lr_rate") ?? Number("min_lr_ratio") ?? Number("min_lr") / peak ?? 0, WarmupFloorRatio = Number("warmup_lr_rate"), Cycles = Number("num_cycles"),
            Power = Number("power") ?? 1, EndRate = Number("lr_end") ?? 1e-7, TimeScale = (int?)Number("timescale"), DecaySteps = (int?)Number("num_decay_steps"), StableSteps = (int?)Number("num_stable_steps"),
            WarmupForm = Form("warmup_type", RampForm.Linear), DecayForm = Form("decay_type", RampForm.Cosine),
        };
    }

    public static DpoLoss LossNamed(string name) => Enum.Parse<DpoLoss>(name.Replace("_", ""), ignoreCase: true);

    private T Common<T>(T set) where T : TrainingOptions
    {
        set.StopOnNonFinite = false;    // as TRL
        set.DivergenceWindow = 0;
        set.LearningRate = options.GetProperty("learning_rate").GetDouble();
        set.Schedule = ScheduleNamed(Text("lr_scheduler_type"));
        set.ScheduleShape = options.TryGetProperty("lr_scheduler_kwargs", out var kwargs) ? ShapeOf(kwargs, set.LearningRate) : new();
        set.Optimizer = Text("optim") switch { "" or "adamw_torch" or "adamw_torch_fused" => OptimizerKind.AdamW, "rmsprop" => OptimizerKind.RmsProp, var o when o.StartsWith("lion", StringComparison.Ordinal) => OptimizerKind.Lion, var o => throw new NotSupportedException(o) };
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
        var packed = data.Units.Select(u => u.SelectMany(p => rows[p.Row].Ids.Skip(p.Start).Take(p.Length)).ToArray()).ToList();
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
            .Select(b => Units(Unpadded(b))).ToArray())];

        static int[] Unpadded(JsonElement batch)
        {
            var rows = batch.GetProperty("input_ids").EnumerateArray().Select(r => r.Ints());
            return batch.TryGetProperty("attention_mask", out var mask) && mask.ValueKind == JsonValueKind.Array
                ? [.. rows.SelectMany((ids, row) => ids.Where((_, i) => mask[row][i].GetInt32() == 1))] : [.. rows.SelectMany(ids => ids)];
        }
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
