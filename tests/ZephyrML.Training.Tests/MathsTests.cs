using System.Text.Json;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>Losses and the optimiser against the fixtures and against themselves.</summary>
[TestClass]
public class MathsTests
{
    private static PairTensors Pairs(JsonElement inputs)
    {
        Tensor Column(string name, bool grad = false)
        {
            var column = tensor(inputs.GetProperty(name).Floats());
            column.requires_grad = grad;
            return column;
        }
        return new(Column("chosen_logps", true), Column("rejected_logps", true), Column("ref_chosen_logps"), Column("ref_rejected_logps"), Column("chosen_lengths"), Column("rejected_lengths"));
    }

    [TestMethod]
    public void DpoLossesEqualTrl()
    {
        int cases = 0;
        using var scope = NewDisposeScope();
        foreach (var c in Fixtures.Json(Fixtures.SharedOrInconclusive("losses-dpo")).GetProperty("cases").EnumerateArray())
        {
            var o = c.GetProperty("options");
            string name = c.GetProperty("name").GetString()!;
            var options = new DpoOptions
            {
                Beta = o.GetProperty("beta").GetDouble(), LabelSmoothing = o.GetProperty("label_smoothing").GetDouble(), DiscopopTau = o.GetProperty("discopop_tau").GetDouble(),
                Losses = [.. o.GetProperty("loss_type").EnumerateArray().Select(l => TraceReplay.LossNamed(l.GetString()!))],
                Divergence = TraceReplay.DivergenceNamed(o.GetProperty("f_divergence_type").GetString()!), AlphaDivergenceCoefficient = o.GetProperty("f_alpha_divergence_coef").GetDouble(), UseWeighting = o.GetProperty("use_weighting").GetBoolean(),
                LossWeights = o.GetProperty("loss_weights") is { ValueKind: JsonValueKind.Array } w ? [.. w.EnumerateArray().Select(x => x.GetDouble())] : null,
            };
            options.Validate();
            var inputs = c.GetProperty("inputs");
            var pairs = Pairs(inputs);
            double gradients = 1e-5;
            if (options.Divergence != Divergence.ReverseKl)
            {
                // Exponentials feel the rounding of TRL's sums over tokens, which its rewards tell; its gradients, summed over tokens again, have more of it (ipo-forward_kl, pair 3: 1.6e-5).
                gradients = 2e-5;
                Tensor Ratio(string rewards) => tensor(c.GetProperty(rewards).Floats().Select(x => (float)(x / options.Beta)).ToArray(), requires_grad: true);
                pairs = new(Ratio("chosen_rewards"), Ratio("rejected_rewards"), zeros(8), zeros(8), pairs.ChosenLengths, pairs.RejectedLengths);
            }
            if (options.UseWeighting)
            {
                Tensor Mean(string side) => tensor(inputs.GetProperty(side + "_logps").Floats()) / tensor(inputs.GetProperty(side + "_lengths").Floats()) - tensor(inputs.GetProperty(side + "_log_sum_sq_probs").Floats());
                pairs = pairs with { Weights = (Mean("chosen") + Mean("rejected")).exp() };
            }
            var (loss, chosen, rejected) = DpoLosses.Compute(pairs, options);
            loss.backward();
            Check(name + " mean_loss", [(float)c.GetProperty("mean_loss").Number()], Fixtures.Values(loss), relativeToEach: true);
            Check(name + " chosen", c.GetProperty("chosen_rewards").Floats(), Fixtures.Values(chosen), relativeToEach: true);
            Check(name + " rejected", c.GetProperty("rejected_rewards").Floats(), Fixtures.Values(rejected), relativeToEach: true);
            Check(name + " grad chosen", c.GetProperty("grad").GetProperty("chosen_logps").Floats(), Gradient(pairs.PolicyChosen), relativeToEach: false, gradients);
            Check(name + " grad rejected", c.GetProperty("grad").GetProperty("rejected_logps").Floats(), Gradient(pairs.PolicyRejected), relativeToEach: false, gradients);
            if (options.Losses.Count == 1 && options.Losses[0] != DpoLoss.Sft && c.GetProperty("losses") is { ValueKind: JsonValueKind.Array } each && each[0].ValueKind != JsonValueKind.Null)
                Check(name + " losses", each.Floats(), Fixtures.Values(DpoLosses.PerPair(options.Losses[0], pairs, options) * (pairs.Weights ?? ones(1))), relativeToEach: true);
            cases++;
        }
        Assert.IsGreaterThanOrEqualTo(26, cases);

        static float[] Gradient(Tensor leaf) => leaf.grad is { } g ? Fixtures.Values(g) : new float[leaf.shape[0]];
        static void Check(string what, float[] expected, float[] actual, bool relativeToEach, double tolerance = 1e-5)
        {
            float largest = expected.Where(float.IsFinite).Select(Math.Abs).DefaultIfEmpty(1).Max();
            for (int i = 0; i < expected.Length; i++)
                // TRL's infinite gradient, times the mask of the padding, is NaN; there is no padding here.
                if (!expected[i].Equals(actual[i]) && !(!relativeToEach && float.IsNaN(expected[i]) && float.IsInfinity(actual[i])))
                    Assert.AreEqual(expected[i], actual[i], tolerance * (relativeToEach ? Math.Max(1, Math.Abs(expected[i])) : largest), $"{what}, pair {i}");
        }
    }

    [TestMethod]
    public void CdpoEqualsThePublishedFormula()
    {
        using var scope = NewDisposeScope();
        var pairs = new PairTensors(tensor(new[] { -3f, -8f }), tensor(new[] { -5f, -4f }), tensor(new[] { -4f, -6f }), tensor(new[] { -4.5f, -5f }), ones(2), ones(2));
        var losses = Fixtures.Values(DpoLosses.PerPair(DpoLoss.Cdpo, pairs, new() { Beta = 0.5, LabelSmoothing = 0.2 }));
        double[] d = [1.5, -3];
        for (int i = 0; i < 2; i++)
            Assert.AreEqual(0.8 * Math.Log(1 + Math.Exp(-0.5 * d[i])) + 0.2 * Math.Log(1 + Math.Exp(0.5 * d[i])), losses[i], 1e-6);
    }

    [TestMethod]
    public void OptimizersEqualTheirOriginals()
    {
        var fixture = Fixtures.Json(Fixtures.SharedOrInconclusive("optimizers"));
        int runs = 0;
        foreach (var run in fixture.GetProperty("runs").EnumerateArray())
        {
            var kind = Enum.Parse<OptimizerKind>(run.GetProperty("optimizer").GetString()!, ignoreCase: true);
            double Option(string name, int? at, double otherwise) => run.GetProperty("options").TryGetProperty(name, out var v) ? (at is { } i ? v[i] : v).GetDouble() : otherwise;
            foreach (var start in fixture.GetProperty("start").EnumerateObject())
            {
                using var scope = NewDisposeScope();
                var values = start.Value.GetProperty("values").Floats();
                double decay = run.GetProperty("weight_decay").GetProperty(start.Name).GetDouble();
                // A matrix decays, a norm does not.
                using var weight = new Parameter(tensor(values, [values.Length, 1]));
                using var flat = new FlatParameters([(decay > 0 ? start.Name : "norm", weight)]);
                using var optimizer = FlatOptimizer.Create(flat, new SftOptions
                {
                    Optimizer = kind, WeightDecay = 0.1, MaxGradNorm = 0, AdamBeta1 = Option("betas", 0, 0.9), AdamBeta2 = Option("betas", 1, 0.999), AdamEpsilon = Option("eps", null, 1e-8), RmsPropAlpha = Option("alpha", null, 0.99),
                });
                var rates = run.GetProperty("learning_rates");
                for (int step = 0; step < rates.GetArrayLength(); step++)
                {
                    flat.Gradients.copy_(tensor(fixture.GetProperty("gradients")[step].GetProperty(start.Name).Floats()));
                    optimizer.Step(rates[step].GetDouble(), optimizer.GradientNorm());
                    var expected = run.GetProperty("parameters")[step].GetProperty(start.Name).Floats();
                    var actual = Fixtures.Values(weight);
                    for (int i = 0; i < expected.Length; i++)
                        Assert.AreEqual(expected[i], actual[i], 1e-6 * expected.Max(Math.Abs), $"{start.Name}[{i}], step {step}");
                }
            }
            runs++;
        }
        Assert.AreEqual(4, runs);
    }

    [TestMethod]
    public void FlatAdamWEqualsOneForEachParameter()
    {
        using var scope = NewDisposeScope();
        (string Name, long[] Shape)[] shapes = [("a.weight", [3, 4]), ("norm.weight", [5]), ("b.weight", [300, 500]), ("b.bias", [7])];
        var options = new SftOptions { WeightDecay = 0.3, MaxGradNorm = 0.5 };
        float[] Random(string name, int step, long[] shape)
        {
            var random = SeedStream.Create(3, name, step);
            return [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => random.NextSingle() - 0.5f)];
        }
        var weights = shapes.Select(s => (s.Name, Weight: new Parameter(tensor(Random(s.Name, 0, s.Shape), s.Shape)))).ToList();
        var expected = weights.ToDictionary(w => w.Name, w => Fixtures.Values(w.Weight).Select(x => (double)x).ToArray());
        var moments = expected.ToDictionary(e => e.Key, e => (M: new double[e.Value.Length], V: new double[e.Value.Length]));
        using var flat = new FlatParameters(weights);
        using var optimizer = new AdamW(flat, options);
        Assert.AreEqual(3 * 4 + 300 * 500, flat.DecayedLength);
        for (int step = 1; step <= 3; step++)
        {
            var gradients = shapes.ToDictionary(s => s.Name, s => Random(s.Name, step, s.Shape));
            double norm = Math.Sqrt(gradients.Values.Sum(g => g.Sum(x => (double)x * x))), scale = Math.Min(1, 0.5 / (norm + 1e-6));
            foreach (var (name, weight) in weights)
                weight.grad!.copy_(tensor(gradients[name], weight.shape));
            using var measured = optimizer.GradientNorm();
            Assert.AreEqual(norm, measured.item<float>(), 1e-4 * norm);
            optimizer.Step(0.01, measured);
            foreach (var (name, weight) in weights)
            {
                var (m, v) = moments[name];
                var p = expected[name];
                for (int i = 0; i < p.Length; i++)
                {
                    double g = gradients[name][i] * scale;
                    m[i] = 0.9 * m[i] + 0.1 * g;
                    v[i] = 0.999 * v[i] + 0.001 * g * g;
                    if (name is "a.weight" or "b.weight")
                        p[i] *= 1 - 0.01 * 0.3;
                    p[i] -= 0.01 * m[i] / (1 - Math.Pow(0.9, step)) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.999, step))) + 1e-8);
                }
                var actual = Fixtures.Values(weight);
                for (int i = 0; i < p.Length; i += 37)
                    Assert.AreEqual(p[i], actual[i], 2e-5, $"{name}[{i}], step {step}");
            }
            Assert.AreEqual(0, flat.Gradients.abs().sum().item<float>());
        }
    }

    [TestMethod]
    public void NormOfMillionsOfGradientsIsExact()
    {
        using var weight = new Parameter(zeros(2001, 10_007));
        using var flat = new FlatParameters([("w", weight)]);
        using var optimizer = new AdamW(flat, new SftOptions());
        flat.Gradients.fill_(0.1f);
        using var norm = optimizer.GradientNorm();
        double expected = (double)0.1f * Math.Sqrt(2001.0 * 10_007);
        Assert.AreEqual(expected, norm.item<float>(), 1e-5 * expected);
    }

    [TestMethod]
    public void WeightsOfAnotherTypeAreRefusedByName()
    {
        using var weight = new Parameter(zeros(2, 2, dtype: ScalarType.Float64));
        Assert.Contains("some.weight", Assert.ThrowsExactly<ArgumentException>(() => new FlatParameters([("some.weight", weight)])).Message);
    }
}
