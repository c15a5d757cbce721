namespace ZephyrML.Training;

/// <summary>What a dSFT run did.</summary>
public sealed record SftResult : TrainingResult
{
    /// <summary>Rows after packing; the steps are counted from these.</summary>
    public required int PackedRows { get; init; }
}
