using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>The kernels of generation on the CPU: right, and to the last bit the same whatever else is in the batch.</summary>
[TestClass]
public sealed class FewRowsTests
{
    [TestMethod]
    [DataRow(48, 16)]
    [DataRow(576, 40)]
    [DataRow(37, 13)]
    [DataRow(5, 1)]
    [DataRow(128, 5000)]
    public void ProductsAreRightAndEachRowIsItsOwn(int width, int outputs)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var random = new Generator(3);
        Tensor x = randn(FewRows.Most, width, generator: random), w = randn(outputs, width, generator: random);
        var expected = x.to(ScalarType.Float64).matmul(w.to(ScalarType.Float64).t());
        if (!FewRows.Can(x, w)) Assert.IsFalse(Vector512.IsHardwareAccelerated);
        float[]? first = null;
        foreach (int rows in new[] { FewRows.Most, 1, 2, 3, 4, 5, 7, 16 })
        {
            var y = FewRows.Multiply(x.narrow(0, 0, rows), w);
            Close.Assert(expected.narrow(0, 0, rows).to(ScalarType.Float32), y, 1e-5, $"{rows} rows");
            float[] numbers = y.data<float>().ToArray();
            first ??= numbers;
            CollectionAssert.AreEqual(first[..numbers.Length], numbers, $"{rows} rows");
        }
    }

    [TestMethod]
    [DataRow(48)]
    [DataRow(37)]
    [DataRow(5)]
    public void NormsAndGatesAreWhatTensorOperationsMake(int width)
    {
        if (!Vector512.IsHardwareAccelerated) Assert.Inconclusive("This machine has no vectors of 512 bits.");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor x = randn(3, 1, width) * 5, w = randn(width), u = randn(3, 1, width);
        var normed = x * (x.square().mean([-1], keepdim: true) + 1e-6).rsqrt();
        Close.Assert(normed * w, FewNorms.Rms(x, w, 1e-6, fromOne: false), 1e-6);
        Close.Assert(normed * (w + 1), FewNorms.Rms(x, w, 1e-6, fromOne: true), 1e-6);
        Close.Assert(nn.functional.silu(x) * u, FewNorms.SiluTimes(x, u), 1e-6);
        var far = tensor(new float[] { -200, -90, 0, 90, 200 });
        Close.Assert(nn.functional.silu(far), FewNorms.SiluTimes(far, ones(5)), 1e-6);
        CollectionAssert.AreEqual(FewNorms.Rms(x, w, 1e-6, false).select(0, 1).data<float>().ToArray(), FewNorms.Rms(x.narrow(0, 1, 1), w, 1e-6, false).data<float>().ToArray());
    }

    [TestMethod]
    public void WhatItIsNotMadeForGoesToTheLibrary()
    {
        using var scope = NewDisposeScope();
        Tensor x = randn(2, 8), w = randn(8, 8);
        Assert.IsFalse(FewRows.Can(x, w), "gradients are recorded");
        using var noGrad = no_grad();
        Assert.AreEqual(Vector512.IsHardwareAccelerated, FewRows.Can(x, w));
        Assert.IsFalse(FewRows.Can(x, w.t()), "not contiguous");
        Assert.IsFalse(FewRows.Can(x.to(ScalarType.Float64), w.to(ScalarType.Float64)));
        Assert.IsFalse(FewRows.Can(randn(FewRows.Most + 1, 8), w));
        Assert.IsFalse(FewRows.Can(x, w.to(ScalarType.BFloat16)));
    }

    [TestMethod]
    public void ManyThreadsMayMultiplyAtOnce()
    {
        using var noGrad = no_grad();
        using Tensor w = randn(4000, 64), x = randn(3, 64);
        using var expected = FewRows.Multiply(x, w);
        float[] numbers = expected.data<float>().ToArray();
        Parallel.For(0, 4, _ =>
        {
            for (int i = 0; i < 50; i++)
            {
                using var scope = NewDisposeScope();
                CollectionAssert.AreEqual(numbers, FewRows.Multiply(x, w).data<float>().ToArray());
            }
        });
    }

    [TestMethod]
    [DataRow(64, null)]
    [DataRow(16, 3.0)]
    [DataRow(80, null)]
    [DataRow(24, 3.0)]
    [DataRow(6, null)]
    public void AttentionOverTheCacheIsWhatTensorOperationsMake(int D, double? softcap)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        const int B = 3, H = 4, KV = 2, capacity = 50;
        Tensor q = randn(B, H, D), k = randn(B, KV, D), v = randn(B, KV, D), K = randn(B, KV, capacity, D), V = randn(B, KV, capacity, D);
        long[] seen = [1, 37, 50], columns = [0, 36, 20];      // the last one: a ring that is full
        var (expectedK, expectedV) = (K.clone(), V.clone());
        for (int b = 0; b < B; b++)
        {
            expectedK.select(0, b).select(1, columns[b]).copy_(k.select(0, b));
            expectedV.select(0, b).select(1, columns[b]).copy_(v.select(0, b));
        }
        var y = CachedAttention.Attend(q, k, v, (K, V), columns, seen, H, 0.3, softcap);
        for (int b = 0; b < B; b++)
            for (int h = 0; h < H; h++)
            {
                Tensor keys = expectedK.select(0, b).select(0, h / 2).narrow(0, 0, seen[b]), values = expectedV.select(0, b).select(0, h / 2).narrow(0, 0, seen[b]);
                var scores = keys.mv(q.select(0, b).select(0, h)) * 0.3;
                if (softcap is { } cap) scores = (scores / cap).tanh() * cap;
                Close.Assert(values.t().mv(scores.softmax(-1)), y.select(0, b).narrow(0, h * D, D), 1e-5, $"row {b}, head {h}");
            }
        Assert.AreEqual(0, Close.Difference(expectedK, K));
        Assert.AreEqual(0, Close.Difference(expectedV, V));
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow(6)]
    public void LogitsOfARowAreTheSameToTheLastBitInAnyBatch(int? window)
    {
        if (!Vector512.IsHardwareAccelerated) Assert.Inconclusive("This machine has no vectors of 512 bits; the library's products are used, which agree to rounding.");
        using var model = new CausalLM(Tiny.Config(window), seed: 4);
        var alone = Hidden(model, 0);
        foreach (int others in new[] { 1, 4, 15 })
        {
            var among = Hidden(model, others);
            for (int i = 0; i < alone.Count; i++) CollectionAssert.AreEqual(alone[i], among[i], $"token {i} among {others}");
        }
    }

    // The hidden states of a row's next tokens, with others of other lengths around it.
    private static List<float[]> Hidden(CausalLM model, int others)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var cache = new KeyValueCache(model.Config, ScalarType.Float32, CPU);
        int mine = others / 2;
        cache.Reserve(others + 1, 40);
        for (int slot = 0; slot <= others; slot++)
        {
            int[] ids = slot == mine ? Tiny.Ids(5, 99) : Tiny.Ids(1 + slot * 3 % 11, slot);
            model.Prefill(Tiny.Batch(ids), cache, slot, ids.Length);
        }
        var seen = new List<float[]>();
        for (int t = 0; t < 12; t++)
            seen.Add(model.Decode(tensor(Enumerable.Range(0, others + 1).Select(b => b == mine ? 3L + t : 20L + b).ToArray(), [others + 1, 1]), cache).select(0, mine).contiguous().data<float>().ToArray());
        return seen;
    }
}
