namespace WeatherDesk;

/// <summary>What people ask a weather desk.</summary>
public enum QuestionKind
{
    /// <summary>Describe a day: its sky and its temperatures.</summary>
    Describe,

    /// <summary>Will it rain?</summary>
    Rain,

    /// <summary>The temperatures of all days.</summary>
    Range,

    /// <summary>How warm will it get?</summary>
    High,

    /// <summary>How cold will it get?</summary>
    Low,

    /// <summary>How windy will it be?</summary>
    Wind,
}
