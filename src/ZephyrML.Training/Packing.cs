namespace ZephyrML.Training;

/// <summary>How dSFT's rows share the length of a training row. But for <see cref="Wrapped"/>, attention and positions never cross from one row to another.</summary>
public enum Packing
{
    /// <summary>One row is one training row; right padding.</summary>
    None,

    /// <summary>Best fit decreasing (TRL's <c>bfd</c>): the longest row first, each into the fullest training row that has room for it; longer rows are cut.</summary>
    BestFit,

    /// <summary>The same, but a longer row is split, and its pieces are packed as rows of their own (TRL's <c>bfd_split</c>): no token is lost, but a later piece does not see the ones before it.</summary>
    BestFitSplit,

    /// <summary>All rows one after the other, cut every <see cref="TrainingOptions.MaxLength"/> tokens (TRL's <c>wrapped</c>): nothing is padded, but rows see what stands before them.</summary>
    Wrapped,
}
