namespace ZephyrML.Teacher;

/// <summary>Why self-instruct dropped something.</summary>
public enum DropReason
{
    /// <summary>The teacher gave no instruction, or no answer.</summary>
    Empty,

    /// <summary>The teacher's text was cut short by the token limit, or its answer ends with a colon.</summary>
    Truncated,

    /// <summary>The instruction has too few words.</summary>
    TooShort,

    /// <summary>The instruction has too many words.</summary>
    TooLong,

    /// <summary>The instruction holds a keyword.</summary>
    Keyword,

    /// <summary>The instruction starts as none should.</summary>
    BadStart,

    /// <summary>The instruction was there before, sign by sign.</summary>
    Duplicate,

    /// <summary>The instruction was there before, but for case, spaces and punctuation.</summary>
    NormalisedDuplicate,

    /// <summary>The instruction's ROUGE-L F against an earlier one is too high.</summary>
    TooSimilar,

    /// <summary>The teacher speaks of itself instead of answering, or declines (<see cref="Refusals"/>).</summary>
    Refusal,

    /// <summary>The answer repeats the instruction.</summary>
    Echo,
}
