using System.Buffers.Binary;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

[TestClass]
public sealed class SafeTensorsTests
{
    [TestMethod]
    [DataRow(ScalarType.Float32)]
    [DataRow(ScalarType.Float16)]
    [DataRow(ScalarType.BFloat16)]
    public void WrittenAndReadBack(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var a = tensor(Enumerable.Range(0, 12).Select(i => i / 4f).ToArray(), [3, 4]).to(type);
        var b = empty([0, 5], dtype: ScalarType.Int64);
        using var file = new MemoryStream();
        SafeTensorsWriter.Write(file, [("a", a.transpose(0, 1)), ("b", b)], new Dictionary<string, string> { ["format"] = "pt" });
        file.Position = 0;
        using var reader = new SafeTensorsReader(new Unseekable(file), "test");
        Assert.AreEqual("pt", reader.Metadata["format"]);
        CollectionAssert.AreEqual(new[] { "a", "b" }, reader.Entries.OrderBy(e => e.Name).Select(e => e.Name).ToArray());
        var read = zeros(4, 3);
        reader.ReadAll(e => e.Name == "a" ? read : null);
        Close.Assert(a.transpose(0, 1).to(ScalarType.Float32), read, 0);
    }

    [TestMethod]
    public void MissingSurplusAndMisshapenAreListedInOneError()
    {
        using var scope = NewDisposeScope();
        using var file = new MemoryStream();
        var config = Tiny.Config();
        using var model = new CausalLM(config);
        var weights = model.NamedWeights.Select(w => (w.Name, (Tensor)w.Weight)).ToList();
        weights.RemoveAll(w => w.Name == "model.norm.weight");
        weights[0] = (weights[0].Name, zeros(3, 4));
        weights.Add(("model.extra.weight", zeros(2)));
        weights.Add(("model.layers.0.self_attn.rotary_emb.inv_freq", zeros(4)));      // old checkpoints have it
        SafeTensorsWriter.Write(file, weights);
        file.Position = 0;
        using var reader = new SafeTensorsReader(file, "weights");
        var error = Assert.ThrowsExactly<InvalidDataException>(() => WeightLoader.Load(config, [reader], ScalarType.Float32, null));
        foreach (string part in new[] { "model.norm.weight (24) is missing", $"{weights[0].Name} is (3, 4)", "model.extra.weight is surplus" }) StringAssert.Contains(error.Message, part);
        Assert.IsFalse(error.Message.Contains("inv_freq"), error.Message);
    }

    [TestMethod]
    public void ARepeatedTiedHeadMustBeTheEmbedding()
    {
        using var scope = NewDisposeScope();
        var config = Tiny.Config(tied: true);
        using var model = new CausalLM(config);
        CausalLM Load(Tensor head)
        {
            using var file = new MemoryStream();
            SafeTensorsWriter.Write(file, [.. model.NamedWeights.Select(w => (w.Name, (Tensor)w.Weight)), ("lm_head.weight", head)]);
            file.Position = 0;
            using var reader = new SafeTensorsReader(file, "weights");
            return WeightLoader.Load(config, [reader], ScalarType.Float32, null);
        }
        Load(model.HeadWeight).Dispose();
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Load(zeros(50, 24))).Message, "lm_head.weight");
    }

    [TestMethod]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "overlap")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}""", 20, "gap")]
    [DataRow("""{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", 8, "F33")]
    [DataRow("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "takes 12 bytes")]
    [DataRow("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "negative")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", 8, "a.safetensors")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "cut off")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "too long")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2]}}""", 8, "data_offsets")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16, "twice")]
    [DataRow("""{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "JSON")]
    [DataRow("""[]""", 0, "object")]
    [DataRow("""{"a":""", 0, "JSON")]
    public void AMalformedHeaderIsOneClearError(string header, int data, string named)
    {
        var bytes = File(header, data);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => ReadAll(new MemoryStream(bytes)));
        StringAssert.Contains(error.Message, named);
        StringAssert.Contains(error.Message, "a.safetensors");
        Assert.ThrowsExactly<InvalidDataException>(() => ReadAll(new Unseekable(new MemoryStream(bytes))));
    }

    [TestMethod]
    [DataRow("F8_E4M3")]
    [DataRow("F8_E5M2")]
    [DataRow("F8_E8M0")]
    public void EightBitFloatsAreRefusedByName(string dtype)
    {
        var bytes = File("""{"w":{"dtype":"TYPE","shape":[2],"data_offsets":[0,2]}}""".Replace("TYPE", dtype), 2);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => ReadAll(new MemoryStream(bytes)));
        StringAssert.Contains(error.Message, dtype);
        StringAssert.Contains(error.Message, "'w'");
    }

    [TestMethod]
    public void AHeaderThatClaimsMuchCostsNothing()
    {
        var bytes = new byte[64];
        foreach (ulong claim in new ulong[] { ulong.MaxValue, 99_999_999, 100_000_001, 57 })
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, claim);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.ThrowsExactly<InvalidDataException>(() => ReadAll(new MemoryStream(bytes)));
            Assert.ThrowsExactly<InvalidDataException>(() => ReadAll(new Unseekable(new MemoryStream(bytes))));
            Assert.IsTrue(GC.GetAllocatedBytesForCurrentThread() - before < 4_000_000, $"{claim}");
        }
        for (int n = 0; n < 8; n++) Assert.ThrowsExactly<InvalidDataException>(() => ReadAll(new MemoryStream(new byte[n])));
    }

    [TestMethod]
    public void MutationsGiveInvalidDataOrTensors()
    {
        byte[] original;
        using (var scope = NewDisposeScope())
        {
            using var file = new MemoryStream();
            SafeTensorsWriter.Write(file, [("first", ones(3, 2)), ("second", ones(4).to(ScalarType.BFloat16)), ("third", ones(2, 2, 2))], new Dictionary<string, string> { ["format"] = "pt" });
            original = file.ToArray();
        }
        int refused = Mutations.Run(original, Mutations.Count(600), "a.safetensors", stream => ReadAll(stream), ReadAllUnseekable);
        Assert.IsTrue(refused > Mutations.Count(600) / 2, $"only {refused} were refused");
        static void ReadAllUnseekable(Stream s) => ReadAll(new Unseekable(s));
    }

    private static void ReadAll(Stream stream)
    {
        using var scope = NewDisposeScope();
        using var reader = new SafeTensorsReader(stream, "a.safetensors");
        reader.ReadAll(e => empty(e.Shape.ToArray()));
    }

    private static byte[] File(string header, int data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + data];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)json.Length);
        json.CopyTo(bytes, 8);
        return bytes;
    }
}
