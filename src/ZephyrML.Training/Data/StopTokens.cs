namespace ZephyrML.Training;

/// <summary>Looks whether anything teaches the model to stop.</summary>
internal static class StopTokens
{
    /// <summary>The tokens that end a turn.</summary>
    public static IReadOnlySet<int> Of(LanguageModels.CausalLM model, TrainingContext context) => (context.StopTokenIds ?? model.Config.EosTokenIds).ToHashSet();

    /// <summary>Warns where no row ends a turn with one: a model that never learns to stop speaks on until it is cut off.</summary>
    public static void Warn(string stage, bool learned, IReadOnlySet<int> stops, TrainingContext context)
    {
        if (!learned && stops.Count > 0)
            context.Warn($"{stage}: in no row is a stop token learned ({string.Join(", ", stops.Order())}); the model will not learn to end its answers. Expected a completion, or an assistant's turn, that ends with one and fits {nameof(TrainingOptions.MaxLength)}.");
    }
}
