using System.Text.Json;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Parity;

/// <summary>The block formats of GGUF: numbers from blocks, and blocks from numbers where the gguf package makes them.</summary>
internal static class GgufBlocksKind
{
    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        using var scope = NewDisposeScope();
        var golden = SafeTensorsReader.ReadFile(Path.Combine(folder, "golden.safetensors"));
        foreach (var type in fixture.GetProperty("types").EnumerateArray()) outcome.Case(Check(type, golden, outcome));
    }

    private static string? Check(JsonElement entry, Dictionary<string, Tensor> golden, Outcome outcome)
    {
        string name = entry.GetProperty("type").GetString()!;
        var type = (GgufTensorType)entry.GetProperty("id").GetInt32();
        if (GgufBlocks.Layout(type) is null) return $"{name} is not read";
        byte[] raw = golden[$"{name}.raw"].bytes.ToArray();
        float[] expected = golden[$"{name}.values"].data<float>().ToArray(), values = new float[expected.Length];
        GgufBlocks.Dequantize(type, raw, values);
        double worst = expected.Zip(values).Max(p => p.First == p.Second ? 0 : Math.Abs((double)p.First - p.Second) / Math.Max(Math.Abs(p.First), 1e-20));
        outcome.Compare("dequantized", worst, 1e-6, name);
        if (!entry.GetProperty("quantized_from_source").GetBoolean()) return worst <= 1e-6 ? null : $"{name} is read wrongly";
        if (!GgufQuantizer.Writes(type)) return $"{name} is not written";
        var blocks = new byte[raw.Length];
        GgufQuantizer.Quantize(type, golden[$"{name}.source"].data<float>().ToArray(), blocks);
        int off = blocks.Zip(raw).Count(p => p.First != p.Second);
        return off > 0 ? $"{name} is written with {off} of {raw.Length} bytes different" : worst <= 1e-6 ? null : $"{name} is read wrongly";
    }
}
