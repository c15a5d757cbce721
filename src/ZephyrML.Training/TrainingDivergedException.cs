namespace ZephyrML.Training;

/// <summary>Training was stopped because its numbers went wrong: a loss or gradient that is no finite number, or a loss that explodes.</summary>
public sealed class TrainingDivergedException : InvalidOperationException
{
    /// <summary>Names the step and what to do.</summary>
    /// <param name="message">The message.</param>
    /// <param name="step">The step, from 1, whose numbers were wrong.</param>
    /// <param name="weightsOfStep">The step after which the weights were as they are now; null where that is not known.</param>
    /// <param name="checkpoint">The folder of the checkpoint that the weights come from, if they do.</param>
    public TrainingDivergedException(string message, int step, int? weightsOfStep, string? checkpoint) : base(message) =>
        (Step, WeightsOfStep, Checkpoint) = (step, weightsOfStep, checkpoint);

    /// <summary>The step, from 1, whose numbers were wrong.</summary>
    public int Step { get; }

    /// <summary>The step after which the weights were as they are now; null where that is not known.</summary>
    public int? WeightsOfStep { get; }

    /// <summary>The folder of the checkpoint that the weights come from; null where they come from none.</summary>
    public string? Checkpoint { get; }
}
