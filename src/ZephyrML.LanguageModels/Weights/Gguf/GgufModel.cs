using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>A model as one GGUF file: metadata, tokenizer and weights, as llama.cpp and what is built on it read them.</summary>
internal static class GgufModel
{
    private const long Chunk = 1 << 20;     // numbers

    /// <exception cref="NotSupportedException">The format or llama.cpp has no place for something; the message names it.</exception>
    public static void Save(string path, CausalLM network, LanguageModelTokenizer? tokenizer, ChatTemplate? template, GgufType type)
    {
        var metadata = GgufMetadata.Of(network.Config, type, Path.GetFileNameWithoutExtension(path));
        if (tokenizer is not null) metadata.AddRange(GgufTokenizerWriter.Write(tokenizer, template, network.Config));
        var tensors = Tensors(network, type).ToList();
        WholeFile.Write(path, stream => GgufFileWriter.Write(stream, metadata, tensors));
    }

    private static IEnumerable<GgufOutput> Tensors(CausalLM network, GgufType type)
    {
        var c = network.Config;
        foreach (var (name, values) in RopeTensors(c))
            yield return new GgufOutput(name, [values.Length], GgufTensorType.F32, stream => stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values)));
        foreach (var (own, weight) in network.OwnWeights)
        {
            yield return Tensor(own, weight, c, type);
            if (own == "model.embed_tokens.weight" && c.TieWordEmbeddings && GgufArchitecture.Of(c).NeedsHead) yield return Tensor("lm_head.weight", weight, c, type);
        }
    }

    private static IEnumerable<(string Name, float[] Values)> RopeTensors(ModelConfig c)
    {
        if (c.RopeScaling is { Type: "llama3" } llama)
            yield return (GgufRopeConfig.Frequencies, GgufRopeConfig.Divisors(new RotaryFrequencies(c.RotaryDim, c.RopeTheta, llama, c.MaxPositionEmbeddings)));
        if (c.RopeScaling is not { Type: "longrope" } longrope) yield break;
        yield return (GgufRopeConfig.Long, [.. longrope.LongFactor!.Select(x => (float)x)]);
        yield return (GgufRopeConfig.Short, [.. longrope.ShortFactor!.Select(x => (float)x)]);
    }

    private static GgufOutput Tensor(string own, Tensor weight, ModelConfig c, GgufType type)
    {
        var (name, order) = GgufNames.Of(own, c);
        var shape = order.Shape(weight.shape);
        var stored = TypeOf(name, shape, type);
        return new GgufOutput(name, shape, stored, stream =>
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            Write(stream, order.ToFile(weight.detach(), c), stored);
        });
    }

    // As llama.cpp's own converter: vectors, norms and positions in float32.
    private static GgufTensorType TypeOf(string name, IReadOnlyList<long> shape, GgufType type)
    {
        if (shape.Count < 2 || name.EndsWith("_norm.weight", StringComparison.Ordinal) || name.StartsWith("position_embd", StringComparison.Ordinal)) return GgufTensorType.F32;
        return type switch
        {
            GgufType.BF16 => GgufTensorType.BF16,
            GgufType.Q8_0 when shape[^1] % 32 == 0 => GgufTensorType.Q8_0,
            _ => GgufTensorType.F16,
        };
    }

    private static void Write(Stream stream, Tensor tensor, GgufTensorType type)
    {
        var flat = tensor.contiguous().view(-1);
        byte[]? blocks = null;
        for (long start = 0, n = flat.shape[0]; start < n; start += Chunk)
        {
            using var scope = NewDisposeScope();
            var piece = flat.narrow(0, start, Math.Min(Chunk, n - start));
            if (type == GgufTensorType.Q8_0)
            {
                var values = piece.to(ScalarType.Float32).cpu();
                int bytes = (int)GgufBlocks.Bytes(type, values.shape);
                blocks ??= new byte[bytes];
                GgufQuantizer.Quantize(type, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(values.bytes), blocks);
                stream.Write(blocks, 0, bytes);
            }
            else
            {
                var halves = piece.to(type switch { GgufTensorType.F16 => ScalarType.Float16, GgufTensorType.BF16 => ScalarType.BFloat16, _ => ScalarType.Float32 }).cpu();
                stream.Write(halves.bytes);
            }
        }
    }
}
