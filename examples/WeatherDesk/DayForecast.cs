using System.Globalization;

namespace WeatherDesk;

/// <summary>The forecast of one day.</summary>
/// <param name="Day">Today, Tomorrow or a weekday.</param>
/// <param name="Sky">What the sky looks like.</param>
/// <param name="Low">Lowest temperature, degrees Celsius.</param>
/// <param name="High">Highest temperature, degrees Celsius.</param>
/// <param name="RainChance">Percent.</param>
/// <param name="Wind">Kilometres per hour.</param>
public sealed record DayForecast(string Day, Sky Sky, int Low, int High, int RainChance, int Wind)
{
    /// <summary>From this chance on the desk says "yes, it will rain".</summary>
    public const int Likely = 50;

    /// <summary>Whether the desk would say that it rains.</summary>
    public bool IsWet => RainChance >= Likely;

    /// <summary>The sky as an adjective.</summary>
    public string SkyWord => Sky.ToString().ToLowerInvariant();

    /// <summary>"today", "tomorrow", "on Friday".</summary>
    public string When => Day is "Today" or "Tomorrow" ? Day.ToLowerInvariant() : "on " + Day;

    /// <summary>"today", "tomorrow", "Friday".</summary>
    public string Name => Day is "Today" or "Tomorrow" ? Day.ToLowerInvariant() : Day;

    /// <summary>The line as it stands in a prompt.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Day}: {SkyWord}, {Low} to {High} C, rain {RainChance}%, wind {Wind} km/h");
}
