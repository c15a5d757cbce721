using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>Losses and the optimiser against the fixtures and against themselves.</summary>
[TestClass]
public class MathsTests
{
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
