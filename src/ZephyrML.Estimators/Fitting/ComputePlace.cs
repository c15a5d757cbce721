using Microsoft.ML;
using ZephyrML.Training;
using static TorchSharp.torch;

namespace ZephyrML.Fitting;

/// <summary>Where a student computes while it is trained, and in what numbers.</summary>
/// <param name="Device">Where.</param>
/// <param name="Type">The type of its weights, those of adapters apart.</param>
internal sealed record ComputePlace(Device Device, ScalarType Type)
{
    /// <summary>What the context and the options say.</summary>
    public static ComputePlace Of(MLContext ml, int? gpu, Precision precision, IProgress<string> warnings) =>
        new(ComputeDevice.Of(ml, gpu, warnings), precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32);
}
