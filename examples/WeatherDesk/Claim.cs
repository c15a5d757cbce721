namespace WeatherDesk;

/// <summary>What a claim is about.</summary>
public enum Measure
{
    /// <summary>The sky: the value is a <see cref="WeatherDesk.Sky"/>.</summary>
    Sky,

    /// <summary>A lowest temperature.</summary>
    Low,

    /// <summary>A highest temperature.</summary>
    High,

    /// <summary>A temperature that the text does not call low or high.</summary>
    Temperature,

    /// <summary>The chance of rain in percent.</summary>
    RainChance,

    /// <summary>Whether it rains: 1 or 0.</summary>
    Wet,

    /// <summary>The wind.</summary>
    Wind,
}

/// <summary>One thing that a reply says about the weather.</summary>
/// <param name="Measure">About what.</param>
/// <param name="Value">The value said.</param>
/// <param name="Day">The day it is said of, in small letters; null: the whole week.</param>
public sealed record Claim(Measure Measure, int Value, string? Day);
