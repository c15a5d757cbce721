using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>dSFT's losses as functions of the targets' log-probabilities; formulas stand at <see cref="SftLoss"/>.</summary>
internal static class SftLosses
{
    /// <summary>Σ loss / divisor, a scalar, of log-probabilities (N).</summary>
    public static Tensor Sum(SftLoss loss, Tensor logps, double divisor) => loss switch
    {
        SftLoss.DynamicFineTuning => (logps.exp() * logps).sum() / -divisor,
        _ => logps.sum() / -divisor,
    };

    /// <summary>The gradient of <see cref="Sum"/> by each log-probability, (N); a probability in front is a weight without gradient.</summary>
    public static Tensor Gradient(SftLoss loss, Tensor logps, double divisor) => loss switch
    {
        SftLoss.DynamicFineTuning => logps.exp() / -divisor,
        _ => full_like(logps, -1 / divisor),
    };
}
