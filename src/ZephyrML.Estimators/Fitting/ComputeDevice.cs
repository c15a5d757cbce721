using Microsoft.ML;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.Fitting;

/// <summary>Where students compute, by ML.NET's habit: <see cref="MLContext.GpuDeviceId"/> names a GPU, and <see cref="MLContext.FallbackToCpu"/> says what happens where there is none.</summary>
internal static class ComputeDevice
{
    /// <param name="ml">The context.</param>
    /// <param name="gpu">The options' own choice; null: the context's.</param>
    /// <param name="warnings">Told of a fall-back.</param>
    /// <exception cref="InvalidOperationException">There is no such GPU, and falling back is not allowed.</exception>
    public static Device Of(MLContext ml, int? gpu, IProgress<string> warnings)
    {
        if ((gpu ?? ml.GpuDeviceId) is not { } id)
            return CPU;
        int there = cuda.is_available() ? cuda.device_count() : 0;
        if (id < there)
            return device(DeviceType.CUDA, id);
        string message = there == 0 ? $"GPU {id} was asked for, but libtorch finds none (is a CUDA package of TorchSharp referenced, and a driver installed?)" : $"GPU {id} was asked for, but there are only {there}, counted from 0";
        if (!ml.FallbackToCpu)
            throw new InvalidOperationException($"{message}. Leave GpuDeviceId null for the CPU, or set MLContext.FallbackToCpu.");
        warnings.Report($"{message}; computing on the CPU instead, as MLContext.FallbackToCpu says.");
        return CPU;
    }
}
