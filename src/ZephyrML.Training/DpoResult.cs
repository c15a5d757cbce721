namespace ZephyrML.Training;

/// <summary>What a dDPO run did.</summary>
public sealed record DpoResult : TrainingResult
{
    /// <summary>Time spent on the reference's log-probabilities.</summary>
    public required TimeSpan ReferenceTime { get; init; }

    /// <summary>Whether all of the reference's log-probabilities came from the cache.</summary>
    public required bool ReferenceFromCache { get; init; }
}
