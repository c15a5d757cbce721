using System.Globalization;
using System.Text.RegularExpressions;

namespace WeatherDesk;

/// <summary>One to three days, as they stand in a prompt, a line each.</summary>
public sealed partial class Forecast : IEquatable<Forecast>
{
    /// <summary>The days that may follow tomorrow.</summary>
    public static IReadOnlyList<string> Weekdays { get; } = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    /// <summary>Makes a forecast.</summary>
    public Forecast(IReadOnlyList<DayForecast> days) => Days = days.Count > 0 ? days : throw new ArgumentException("A forecast has at least one day.", nameof(days));

    /// <summary>The days: Today, Tomorrow, a weekday.</summary>
    public IReadOnlyList<DayForecast> Days { get; }

    /// <summary>The lowest temperature of all days.</summary>
    public int Low => Days.Min(d => d.Low);

    /// <summary>The highest temperature of all days.</summary>
    public int High => Days.Max(d => d.High);

    /// <summary>Reads the lines of a forecast wherever they stand in a text; null where there is none.</summary>
    public static Forecast? Find(string text)
    {
        var days = DayLine().Matches(text).Select(m => new DayForecast(m.Groups[1].Value, Enum.Parse<Sky>(m.Groups[2].Value, ignoreCase: true),
            Int(m.Groups[3]), Int(m.Groups[4]), Int(m.Groups[5]), Int(m.Groups[6]))).ToList();
        return days.Count == 0 ? null : new(days);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join('\n', Days);

    /// <inheritdoc/>
    public bool Equals(Forecast? other) => other is not null && Days.SequenceEqual(other.Days);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Forecast);

    /// <inheritdoc/>
    public override int GetHashCode() => Days.Aggregate(17, HashCode.Combine);

    private static int Int(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\b(Today|Tomorrow|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day): (sunny|fair|cloudy|foggy|drizzly|showery|rainy|stormy), (\d+) to (\d+) C, rain (\d+)%, wind (\d+) km/h")]
    private static partial Regex DayLine();
}
