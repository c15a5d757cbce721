namespace ZephyrML.Training;

/// <summary>What to do where the estimate of a run's memory is more than there is.</summary>
public enum MemoryCheck
{
    /// <summary>Warn before the first step, and try. An estimate is no more than that, and there may be swap.</summary>
    Warn,

    /// <summary>Refuse before the first step.</summary>
    Refuse,

    /// <summary>Do not look.</summary>
    Off,
}
