using System.Text.Json;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Parity;

/// <summary>A matrix quantised to NF4 by bitsandbytes: codes and scales equal, dequantised alike.</summary>
internal static class Nf4Kind
{
    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var golden = SafeTensorsReader.ReadFile(Path.Combine(folder, "golden.safetensors"));
        var options = new Nf4Options { BlockSize = fixture.GetProperty("blocksize").GetInt32(), DoubleQuantization = fixture.GetProperty("double_quant").GetBoolean() };
        using var codes = Nf4Weight.Quantize(golden["weight"], options);
        Equal("codes", golden["packed"], codes.Packed);
        Equal("scales", golden["absmax"], codes.Scales);
        Equal("values of the codes", golden["quant_map"], tensor(Nf4Codes.Map.ToArray(), [16]));
        if (options.DoubleQuantization)
        {
            Equal("values of the scales' codes", golden["nested_quant_map"], tensor(Nf4Codes.NestedMap.ToArray(), [256]));
            // Their mean is summed in another order on another machine.
            Close("scales of the scales", golden["nested_absmax"], codes.NestedScales!);
            Close("mean of the scales", golden["nested_offset"], tensor(codes.Offset).reshape(golden["nested_offset"].shape));
        }
        outcome.Compare("dequantized", (golden["dequantized"] - codes.Dequantize(ScalarType.Float32)).abs().max().item<float>(), 1e-6);

        void Equal(string what, Tensor expected, Tensor actual)
        {
            bool shaped = expected.NumberOfElements == actual.NumberOfElements;
            long off = shaped ? expected.reshape(-1).ne(actual.reshape(-1)).sum().item<long>() : 0;
            outcome.Case(!shaped ? $"there are {actual.NumberOfElements} {what}, expected {expected.NumberOfElements}" : off == 0 ? null : $"{off} of {expected.NumberOfElements} {what} differ");
        }

        void Close(string what, Tensor expected, Tensor actual) =>
            outcome.Compare(what, ((expected.reshape(-1) - actual.reshape(-1)).abs() / expected.reshape(-1).abs()).max().item<float>(), 1e-6);
    }
}
