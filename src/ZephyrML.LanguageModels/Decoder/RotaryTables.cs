using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>The rotary tables of a model: one for all layers, or one for the layers that see everything and one for those that slide.</summary>
internal sealed class RotaryTables : IDisposable
{
    public RotaryTables(ModelConfig config, ScalarType dtype, Device device)
    {
        RotaryTable New(double theta, RopeScaling? scaling) => new(new RotaryFrequencies(config.RotaryDim, theta, scaling, config.MaxPositionEmbeddings), dtype, device);
        Full = New(config.RopeTheta, config.RopeScaling);
        Sliding = config.SlidingRopeTheta is { } theta ? New(theta, config.SlidingRopeScaling) : Full;
    }

    public RotaryTable Full { get; }
    public RotaryTable Sliding { get; }

    public void Dispose()
    {
        Full.Dispose();
        Sliding.Dispose();
    }
}
