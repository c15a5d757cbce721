namespace ZephyrML.Training;

/// <summary>The names in a checkpoint's folder.</summary>
internal static class CheckpointFiles
{
    /// <summary>Every other file's length and SHA-256; written last, so a checkpoint without it is none.</summary>
    public const string Manifest = "manifest.json";

    /// <summary>Where the run stands and what it is a run of.</summary>
    public const string State = "trainer_state.json";

    /// <summary>All metrics so far, an object a line.</summary>
    public const string Metrics = "metrics.jsonl";

    public const string Config = "config.json", Weights = "model.safetensors", TrainedWeights = "trained.safetensors", Adapter = "adapter_model.safetensors", Optimizer = "optimizer.safetensors", Reference = "reference.safetensors", EvaluationReference = "reference_evaluation.safetensors";
}
