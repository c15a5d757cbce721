namespace ZephyrML.Training;

/// <summary>A part of a run that a checkpoint keeps.</summary>
internal interface ICheckpointed
{
    /// <summary>Writes all that this part needs to go on bit by bit as if nothing had been.</summary>
    void Save(CheckpointWriter to);

    /// <summary>Takes it up again.</summary>
    void Load(CheckpointReader from);
}
