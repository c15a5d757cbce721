using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Random weights that depend on the seed alone: drawn on the CPU in float32 whatever the model's device and type.</summary>
internal static class WeightInitializer
{
    public static void Fill(CausalLM model, int seed)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)(uint)seed);
        double embedding = model.Config.TieWordEmbeddings ? 1 / Math.Sqrt(model.Config.HiddenSize) : 0.5;
        foreach (var (name, weight) in model.OwnWeights)
        {
            if (weight.shape.Length == 1)
            {
                weight.fill_(name.EndsWith(".bias", StringComparison.Ordinal) || model.Config.Norm == NormKind.RmsFromOne ? 0 : 1);
                continue;
            }
            double std = name.Contains(".embed_", StringComparison.Ordinal) ? embedding
                : 1 / Math.Sqrt(weight.shape[model.Config.TransposedWeights && name.Contains(".layers.", StringComparison.Ordinal) ? 0 : 1]);
            using var drawn = empty(weight.shape, dtype: ScalarType.Float32).normal_(0, std, generator);
            weight.copy_(drawn);
        }
    }
}
