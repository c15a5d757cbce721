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
        return null;
    }

    public void Run()
    {
        var from = Path.Combine(folder, trace.GetProperty("base").GetString()!);
        using var loaded = real ? LanguageModel.Load(from) : null;
        using var model = loaded?.Network ?? Fixtures.Model(from);
        if (trace.TryGetProperty("lora", out var lora) && lora.ValueKind == JsonValueKind.Object)
        {
            var init = Path.Combine(folder, lora.GetProperty("init").GetString()!);
            model.ReadAdapter(name => File.OpenRead(Path.Combine(init, name)), init);
        }
        TrainingResult result = trace.GetProperty("kind").GetString() == "sft-trace" ? Sft(model) : Dpo(model);
        CompareSteps(result);
        CompareEvaluations(result);
        CompareWeights(model);
        Assert.IsEmpty(problems, $"{Path.GetFileName(folder)}: {problems.Count} differences:\n{string.Join("\n", problems.Take(20))}");
    }

    private SftResult Sft(CausalLM model)
    {
        // Rows of prompt and completion are learned in the completion alone, unless the trace says otherwise.
        bool all = trace.TryGetProperty("supervised", out var s) && s.ValueKind == JsonValueKind.String ? s.GetString() == "all"
            : options.TryGetProperty("completion_only_loss", out var only) && only.ValueKind == JsonValueKind.False;
        var rows = Rows("data", row => SftRowOf(row, all));
        var read = new TraceOptions(options);
        var set = read.Supervised();
        read.RefuseTheRest();
        var evaluation = trace.TryGetProperty("eval_data", out _) ? Rows("eval_data", row => SftRowOf(row, all)) : null;
        return SftTrainer.Train(model, rows, evaluation, set, Context(Order(new SftData(rows, set, "training"), rows), set));
    }

    private DpoResult Dpo(CausalLM model)
    {
        var read = new TraceOptions(options);
        var set = read.Preferences();
        read.RefuseTheRest();
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
        return DpoTrainer.Train(model, rows, evaluation, set, Context(RowOrder(used), set));
    }

    private TrainingContext Context(int[][][] order, TrainingOptions set)
    {
        Assert.AreEqual(trace.GetProperty("total_steps").GetInt32(), order.Length);
        if (trace.TryGetProperty("resolved_warmup_steps", out var warmup))
            Assert.AreEqual(warmup.GetInt32(), LearningRate.WarmupSteps(set, order.Length), "steps of warm-up");
        return new TrainingContext { Order = order, BeforeUpdate = (step, weights) => { if (step == 1) { CompareNames(weights); CompareGradients(weights); } } };
    }

    /// <summary>Which weights are trained, and which of them decay.</summary>
    private void CompareNames(FlatParameters weights)
    {
        void Same(string what, IEnumerable<string> ours)
        {
            if (trace.TryGetProperty(what, out var names))
                CollectionAssert.AreEquivalent(names.EnumerateArray().Select(n => n.GetString()).ToArray(), ours.ToArray(), what);
        }
        Same("trainable_parameters", weights.Slots.Select(s => s.Name));
        Same("decay_parameters", weights.Slots.Where(s => s.Offset < weights.DecayedLength).Select(s => s.Name));
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

    private int[][][] Order(SftData data, List<SftRow> rows)
    {
        var first = trace.GetProperty("steps")[0].GetProperty("micro_batches")[0];
        return first.TryGetProperty("rows", out var named) && named.ValueKind == JsonValueKind.Array ? RowOrder([.. data.Units.Select(u => u[0].Row)]) : PackedOrder(data, rows);
    }

    /// <summary>Finds our packed rows in TRL's flattened batches: so it also shows that both pack alike.</summary>
    private int[][][] PackedOrder(SftData data, List<SftRow> rows)
    {
        var packed = data.Units.Select(u => u.SelectMany(p => rows[p.Row].Ids.Skip(p.Start).Take(p.Length)).ToArray()).ToList();
        int[] Units(int[] flat)
        {
            var found = new List<int>();
            for (int at = 0; at < flat.Length; at += packed[found[^1]].Length)
            {
                // Of rows that begin alike, the longest.
                int unit = Enumerable.Range(0, packed.Count).Where(i => flat.AsSpan(at).StartsWith(packed[i])).OrderByDescending(i => packed[i].Length).DefaultIfEmpty(-1).First();
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
            var e = expected[NameIn(expected, slot.Name)];
            double norm = Math.Sqrt(e.Sum(x => (double)x * x)), difference = Math.Sqrt(e.Select((x, i) => Math.Pow(x - actual[slot.Offset + i], 2)).Sum());
            Compare("first gradients", slot.Name, 0, norm == 0 ? difference : difference / norm, 1e-3);
        }
    }

    /// <summary>An adapter's weight in memory, without its name: PEFT's files do not tell that magnitudes and modules that are saved whole are modules within their modules.</summary>
    private static string NameIn(Dictionary<string, float[]> tensors, string name) =>
        new[] { name, name + ".weight", name.Insert(name.LastIndexOf('.'), ".modules_to_save") }.FirstOrDefault(tensors.ContainsKey) ?? name;

    private void CompareWeights(CausalLM model)
    {
        var file = Path.Combine(folder, "final.safetensors");
        var expected = File.Exists(file) ? Fixtures.Tensors(file) : null;
        double squares = 0;
        long count = 0;
        foreach (var (name, weight) in model.TrainableWeights)
        {
            var actual = Fixtures.Values(weight);
            if (expected is not null)
            {
                double sum = expected[NameIn(expected, name)].Select((x, i) => Math.Pow(x - actual[i], 2)).Sum();
                (squares, count) = (squares + sum, count + actual.Length);
                // Stricter than the README: each tensor alone. But a bias on the keys moves all scores of a query almost alike where the rotation is slow, which softmax does not see: such gradients are all
                // rounding, and AdamW with a small epsilon makes steps of the learning rate of them, also in TRL (its own weights move by 3e-4 if all are perturbed by 1e-7). These count in the whole alone.
                if (!(name.EndsWith(".k_proj.bias", StringComparison.Ordinal) && options.GetProperty("adam_epsilon").GetDouble() < 1e-7))
                    Compare("final weights of each tensor", name, 0, Math.Sqrt(sum / actual.Length), 1e-4);
            }
            else if (trace.TryGetProperty("final_summary", out var all) && all.TryGetProperty(name, out var summary))
            {
                var first = summary.GetProperty("first").Floats();
                for (int i = 0; i < first.Length; i++)
                    Compare("final weights (first four)", name, first[i], actual[i], 5e-4);
                Compare("final weights (squares)", name, summary.GetProperty("square_sum").GetDouble(), actual.Sum(x => (double)x * x), 1e-4);
            }
        }
        if (count > 0)
            Compare("final weights", "after the last step", 0, Math.Sqrt(squares / count), 1e-4);
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
