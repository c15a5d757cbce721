namespace ZephyrML.Training;

/// <summary>How dSFT's rows share the length of a training row. Attention and positions never cross from one row to another.</summary>
public enum Packing
{
    /// <summary>One row is one training row; right padding.</summary>
    None,

    /// <summary>Best fit decreasing (TRL's <c>bfd</c>): the longest row first, each into the fullest training row that has room for it; longer rows are cut.</summary>
    BestFit,
}
