using System.Diagnostics;
using System.Text.Json;
using TorchSharp;
using ZephyrML.Parity;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>Four-bit weights: bitsandbytes' codes, the memory they take, networks and adapters on them.</summary>
[TestClass]
[DoNotParallelize]
public sealed class Nf4Tests
{
    public static IEnumerable<object[]> Shared()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (Path.Combine(at.FullName, "shared", "fixtures", "nf4") is var found && Directory.Exists(found)) return [.. Directory.EnumerateDirectories(found).Select(d => new object[] { Path.GetFileName(d) })];
        return [["(none)"]];
    }

    [TestMethod]
    [DataRow("64x64")]
    [DataRow("uneven")]
    public void OwnCopies(string name) => Check(Fixture.Own($"nf4/{name}"));

    [TestMethod]
    [DynamicData(nameof(Shared))]
    public void SharedFixtures(string name) => Check(Fixture.Shared("fixtures", "nf4", name));

    private static void Check(string folder)
    {
        var outcome = new Outcome();
        Nf4Kind.Run(folder, JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "fixture.json"))).RootElement, outcome);
        Assert.IsTrue(outcome.Passed, outcome.ToJson(folder, "nf4").ToJsonString());
    }

    [TestMethod]
    public void AnyShapeComesBackWithinHalfAStep()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (int block in new[] { 32, 64, 256, 4096 })
            foreach (var (rows, columns) in new[] { (1, 1), (3, 5), (7, 64), (33, 31), (300, 257) })
                foreach (bool doubled in new[] { false, true })
                {
                    var weight = empty(rows, columns).normal_(0, 0.1, new Generator(3));
                    using var codes = Nf4Weight.Quantize(weight, new Nf4Options { BlockSize = block, DoubleQuantization = doubled });
                    var back = codes.Dequantize(ScalarType.Float32);
                    CollectionAssert.AreEqual(weight.shape, back.shape);
                    Close.Assert(back, codes.OnDevice(codes.DecodedScales(), ScalarType.Float32), 0, "by operations");
                    // The widest gap between two values is 0.31 of a block's largest number.
                    double largest = weight.abs().max().item<float>();
                    Assert.IsLessThanOrEqualTo(0.16 * largest * (doubled ? 1.05 : 1), (double)(weight - back).abs().max().item<float>(), $"{rows}×{columns}, {block}");
                    Close.Assert(back.to(ScalarType.BFloat16).to(ScalarType.Float32), codes.Dequantize(ScalarType.BFloat16).to(ScalarType.Float32), 0);
                    if (!doubled) Close.Assert(back, Nf4Weight.Quantize(back, codes.Options).Dequantize(ScalarType.Float32), 0, "its own values are kept");
                }
        using var zero = Nf4Weight.Quantize(zeros(4, 64), new Nf4Options());
        Assert.AreEqual(0f, zero.Dequantize(ScalarType.Float32).abs().max().item<float>());
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Nf4Weight.Quantize(zeros(4, 64), new Nf4Options { BlockSize = 48 })).Message, "BlockSize");
    }

    [TestMethod]
    [DataRow("mistral")]
    [DataRow("gpt2")]
    [DataRow("phi3")]
    [DataRow("gemma3")]
    public void ANetworkOnCodesIsTheNetworkOfTheirValues(string fixture)
    {
        using var scope = NewDisposeScope();
        using var quantized = Fixture.Model(fixture).Network();
        using var plain = Fixture.Model(fixture).Network();
        quantized.Quantize();
        using (no_grad())
            foreach (var (from, to) in quantized.Modules.Zip(plain.Modules))
                if (from.Map?.Quantized is { } codes) to.Weight.Base.copy_(to.Map!.Transposed ? codes.Dequantize(ScalarType.Float32).t() : codes.Dequantize(ScalarType.Float32));
        Assert.IsTrue(quantized.Modules.All(m => m.Map?.Quantized is null == (m.Map is null || m.Head)));
        var options = new LoraOptions { TargetModules = ["all-linear"], ModulesToSave = fixture == "gpt2" ? ["c_fc"] : null, Init = LoraInit.Random, UseDora = fixture == "mistral", Bias = LoraBias.All };
        LoraAdapter a = quantized.AddAdapter(options, 3), b = plain.AddAdapter(options, 3);
        var ids = tensor(Enumerable.Range(0, 20).Select(i => (long)(i * 7 % 100)).ToArray(), [2, 10]);
        Tensor Loss(CausalLM model) => nn.functional.cross_entropy(model.Logits(model.Hidden(ids)).reshape(-1, model.Config.VocabSize), ids.reshape(-1));
        Nf4Weight.MostAlive = 0;
        Tensor x = Loss(quantized), y = Loss(plain);
        x.backward();
        y.backward();
        Assert.AreEqual(1, Nf4Weight.MostAlive, "layers dequantised at a time");
        Assert.AreEqual(0, Nf4Weight.Alive);
        Close.Assert(y, x, 1e-5, "loss");
        foreach (var ((name, p), (_, q)) in a.Weights.Zip(b.Weights)) Close.Assert(q.grad!, p.grad!, 1e-4, name);
        using var clone = quantized.Clone(shareBase: true);
        using (no_grad()) Close.Assert(x, Loss(clone), 1e-6, "clone");
        Assert.ThrowsExactly<InvalidOperationException>(a.Merge);
        Assert.ThrowsExactly<InvalidOperationException>(() => quantized.Quantize());
        // Everything that is not a linear layer's weight stays.
        CollectionAssert.AreEqual(plain.NamedWeights.Where(w => !quantized.Modules.Any(m => m.Map?.Quantized is not null && (m.Name + ".weight") == w.Name)).Select(w => w.Name).ToList(), quantized.NamedWeights.Select(w => w.Name).ToList());
    }

    /// <summary>The quantised layers take at most 0.27 of their size in bfloat16, and the graph of a forward pass holds none of them dequantised.</summary>
    [TestMethod]
    public void CodesTakeAQuarter_AndTheGraphHoldsNoMatrix()
    {
        var config = new ModelConfig { VocabSize = 64, HiddenSize = 512, IntermediateSize = 2048, NumHiddenLayers = 8, NumAttentionHeads = 8, BosTokenId = 1, EosTokenIds = [2] };
        using var model = new CausalLM(config);
        model.Quantize();
        long whole = model.QuantizedWeights * sizeof(float);
        Assert.IsLessThanOrEqualTo(0.27, model.QuantizedBytes / (2.0 * model.QuantizedWeights));
        model.AddAdapter(new LoraOptions { TargetModules = ["all-linear"], Rank = 2, Init = LoraInit.Random });
        using var ids = tensor(new long[] { 3, 4, 5, 6 }, [1, 4]);
        using (no_grad()) model.Logits(model.Hidden(ids)).Dispose();
        using var process = Process.GetCurrentProcess();
        long Resident()
        {
            GC.Collect();
            process.Refresh();
            return process.WorkingSet64;
        }
        long before = Resident();
        using var scope = NewDisposeScope();
        Nf4Weight.MostAlive = 0;
        var logits = model.Logits(model.Hidden(ids));
        long grown = Resident() - before;
        Assert.AreEqual(1, Nf4Weight.MostAlive);
        Assert.IsLessThan(whole / 4, grown, $"The graph over {whole >> 20} MiB of weights took {grown >> 20} MiB.");
        logits.sum().backward();
        Assert.AreEqual(1, Nf4Weight.MostAlive);
        Assert.IsTrue(model.Adapter!.Weights.All(w => w.Weight.grad is not null));
    }
}
