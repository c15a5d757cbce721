using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

[TestClass]
public sealed class GgufTests
{
    [TestMethod]
    [DataRow(GgufTensorType.F16, false)]
    [DataRow(GgufTensorType.BF16, false)]
    [DataRow(GgufTensorType.Q8_0, false)]
    [DataRow(GgufTensorType.Q4_1, false)]
    [DataRow(GgufTensorType.F16, true)]
    [DataRow(GgufTensorType.BF16, true)]
    [DataRow(GgufTensorType.Q8_0, true)]
    [DataRow(GgufTensorType.Q4_1, true)]
    [DataRow(GgufTensorType.Q4_0, true)]
    [DataRow(GgufTensorType.Q5_0, true)]
    [DataRow(GgufTensorType.Q5_1, true)]
    [DataRow(GgufTensorType.Q2_K, true)]
    [DataRow(GgufTensorType.Q3_K, true)]
    [DataRow(GgufTensorType.Q4_K, true)]
    [DataRow(GgufTensorType.Q5_K, true)]
    [DataRow(GgufTensorType.Q6_K, true)]
    public void BlocksAreDequantizedAsTheGgufPackageDoes(GgufTensorType type, bool shared)
    {
        using var scope = NewDisposeScope();
        var golden = SafeTensorsReader.ReadFile(shared ? Fixture.Shared("fixtures", "gguf", "blocks", "golden.safetensors") : Path.Combine(Fixture.Own("gguf-blocks"), "golden.safetensors"));
        var values = golden[$"{type}.values"];
        var file = GgufFile.Write([], [("t", values.shape, type, golden[$"{type}.raw"].bytes.ToArray())], version: 2);
        using var reader = new GgufReader(new MemoryStream(file), "blocks");
        var read = empty(values.shape);
        reader.Read(reader.Tensors.Single(), read);
        double difference = ((read - values).abs() / values.abs().clamp_min(1e-20)).max().item<float>();
        Assert.IsTrue(difference <= 1e-6, $"off by {difference:g3} relative");
        if (!GgufQuantizer.Writes(type) || !golden.TryGetValue($"{type}.source", out var source)) return;
        var blocks = new byte[golden[$"{type}.raw"].NumberOfElements];
        GgufQuantizer.Quantize(type, source.data<float>().ToArray(), blocks);
        CollectionAssert.AreEqual(golden[$"{type}.raw"].bytes.ToArray(), blocks, "quantised");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void AModelIsReadUnderHuggingFacesNamesWithItsRowsInOrder(bool tied)
    {
        using var scope = NewDisposeScope();
        var config = Tiny.Config(tied: tied);
        using var model = new CausalLM(config, seed: 3);
        using var file = new GgufWeights(new GgufReader(new MemoryStream(GgufFile.Of(model)), "model.gguf"), config);
        using var read = WeightLoader.Load(config, [file], ScalarType.Float32, null);
        foreach (var ((name, expected), (_, actual)) in model.NamedWeights.Zip(read.NamedWeights)) Close.Assert(expected, actual, 0, name);
        using var half = new GgufWeights(new GgufReader(new MemoryStream(GgufFile.Of(model)), "model.gguf"), config);
        using var narrower = WeightLoader.Load(config, [half], ScalarType.BFloat16, null);
        Assert.AreEqual(ScalarType.BFloat16, narrower.NamedWeights[0].Weight.dtype);
    }

    [TestMethod]
    public void MetadataIsReadAndMustFitTheConfiguration()
    {
        var config = Tiny.Config();
        using var model = new CausalLM(config);
        using var reader = new GgufReader(new MemoryStream(GgufFile.Of(model)), "model.gguf");
        CollectionAssert.AreEqual(new object[] { "a", "bc" }, (object[])reader.Metadata["tokenizer.ggml.tokens"]);
        Assert.AreEqual(2L, reader.Number("llama.block_count"));
        var error = Assert.ThrowsExactly<InvalidDataException>(() => new GgufWeights(reader, config with { NumAttentionHeads = 2, RopeTheta = 5e5 }));
        StringAssert.Contains(error.Message, "llama.attention.head_count is 4");
        StringAssert.Contains(error.Message, "rope_theta");
        using var other = new GgufReader(new MemoryStream(GgufFile.Write([("general.architecture", "qwen2")], [])), "other.gguf");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => new GgufWeights(other, config)).Message, "qwen2");
    }

    [TestMethod]
    public void MutationsGiveInvalidDataOrTensors()
    {
        byte[] original = GgufFile.Write([("general.architecture", "llama"), ("llama.block_count", 2), ("words", new[] { "one", "two", "three" })],
            [("a.weight", [2, 32], GgufTensorType.Q8_0, new byte[68]), ("b.weight", [3], GgufTensorType.F32, new byte[12])]);
        int refused = Mutations.Run(original, Mutations.Count(600), "a.gguf", stream =>
        {
            using var scope = NewDisposeScope();
            using var reader = new GgufReader(stream, "a.gguf");
            foreach (var t in reader.Tensors) reader.Read(t, empty(t.Shape.ToArray()));
        });
        Assert.IsTrue(refused > Mutations.Count(600) / 3, $"only {refused} were refused");
    }
}
