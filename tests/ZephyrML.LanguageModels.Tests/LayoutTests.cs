using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>However tokens are laid out in a batch, each sees the same.</summary>
[TestClass]
public sealed class LayoutTests
{
    [TestMethod]
    [DataRow(null)]
    [DataRow(4)]
    public void PackedEqualsUnpacked(int? window)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var config = Tiny.Config(window);
        using var model = new CausalLM(config, seed: 1);
        int[][][] rows = [[Tiny.Ids(9, 1), Tiny.Ids(5, 2), Tiny.Ids(4, 3)], [Tiny.Ids(12, 4), Tiny.Ids(3, 5)]];
        var packed = rows.Select(r => r.SelectMany(d => d).Concat(new int[20 - r.Sum(d => d.Length)]).ToArray()).ToArray();
        using var layout = AttentionLayout.Packed([.. rows.Select(r => r.Select(d => d.Length).ToArray())], 20, config, CPU);
        var hidden = model.Hidden(Tiny.Batch(packed), layout);
        for (int b = 0; b < rows.Length; b++)
        {
            long start = 0;
            foreach (var document in rows[b])
            {
                var alone = model.Hidden(Tiny.Batch(document));
                Close.Assert(alone.select(0, 0), hidden.select(0, b).narrow(0, start, document.Length), 1e-5, $"document at {start} of row {b}");
                start += document.Length;
            }
        }
        Assert.IsFalse(hidden.isnan().any().item<bool>(), "padding is finite too");
    }

    [TestMethod]
    public void PackedGradientsEqualUnpacked()
    {
        using var scope = NewDisposeScope();
        var config = Tiny.Config(4);
        using var model = new CausalLM(config, seed: 2);
        int[] a = Tiny.Ids(7, 1), b = Tiny.Ids(6, 2);
        using var layout = AttentionLayout.Packed([[7, 6]], 13, config, CPU);
        model.Hidden(Tiny.Batch([.. a, .. b]), layout).square().sum().backward();
        var packed = model.NamedWeights.Where(w => w.Weight.grad is not null).ToDictionary(w => w.Name, w => w.Weight.grad!.clone());
        model.zero_grad();
        (model.Hidden(Tiny.Batch(a)).square().sum() + model.Hidden(Tiny.Batch(b)).square().sum()).backward();
        foreach (var (name, weight) in model.NamedWeights.Where(w => packed.ContainsKey(w.Name))) Close.Assert(packed[name], weight.grad!, 1e-4, name);
        Assert.AreEqual(model.NamedWeights.Count - 1, packed.Count, "all but the head");
    }

    [TestMethod]
    [DataRow(null)]
    [DataRow(4)]
    public void LeftPaddingChangesNothing(int? window)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var config = Tiny.Config(window);
        using var model = new CausalLM(config, seed: 1);
        int[][] rows = [Tiny.Ids(9, 1), Tiny.Ids(4, 2), Tiny.Ids(1, 3)];
        using var layout = AttentionLayout.LeftPadded([9, 4, 1], 9, config, CPU);
        var hidden = model.Hidden(Tiny.Batch([.. rows.Select(r => new int[9 - r.Length].Concat(r).ToArray())]), layout);
        for (int b = 0; b < rows.Length; b++)
            Close.Assert(model.Hidden(Tiny.Batch(rows[b])).select(0, 0), hidden.select(0, b).narrow(0, 9 - rows[b].Length, rows[b].Length), 1e-5, $"row {b}");
    }

    [TestMethod]
    public void RightPaddingNeedsNoMask()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = new CausalLM(Tiny.Config(), seed: 1);
        int[] ids = Tiny.Ids(6, 1);
        Close.Assert(model.Hidden(Tiny.Batch(ids)), model.Hidden(Tiny.Batch([.. ids, 0, 0, 0])).narrow(1, 0, 6), 1e-5);
    }

    [TestMethod]
    public void ALayoutForAnotherBatchIsRefused()
    {
        var config = Tiny.Config();
        using var model = new CausalLM(config);
        using var layout = AttentionLayout.Packed([[4]], 4, config, CPU);
        using var ids = Tiny.Batch(Tiny.Ids(5, 1));
        Assert.ThrowsExactly<ArgumentException>(() => model.Hidden(ids, layout));
        Assert.ThrowsExactly<ArgumentException>(() => AttentionLayout.Packed([[3, 2]], 4, config, CPU));
        Assert.ThrowsExactly<ArgumentException>(() => AttentionLayout.LeftPadded([5], 4, config, CPU));
    }
}
