using System.Text.RegularExpressions;

namespace WeatherDesk;

/// <summary>A question about a forecast.</summary>
/// <param name="Kind">What is asked.</param>
/// <param name="Day">Which day it is about, as an index into the forecast; 0 for <see cref="QuestionKind.Range"/>.</param>
/// <param name="Text">The words.</param>
public sealed partial record Question(QuestionKind Kind, int Day, string Text)
{
    /// <summary>Understands a question by its words, whoever wrote it; null where it asks for a day that the forecast lacks.</summary>
    public static Question? Read(string text, Forecast forecast)
    {
        var kind = RangeWords().IsMatch(text) ? QuestionKind.Range
            : WindWords().IsMatch(text) ? QuestionKind.Wind
            : RainWords().IsMatch(text) ? QuestionKind.Rain
            : LowWords().IsMatch(text) ? QuestionKind.Low
            : HighWords().IsMatch(text) ? QuestionKind.High
            : QuestionKind.Describe;
        if (kind == QuestionKind.Range)
            return new(kind, 0, text);
        var asked = DayWords().Match(text) is { Success: true } m ? m.Value : "today";
        for (var day = 0; day < forecast.Days.Count; day++)
            if (string.Equals(forecast.Days[day].Day, asked, StringComparison.OrdinalIgnoreCase))
                return new(kind, day, text);
        return null;
    }

    [GeneratedRegex(@"\b(range|this week|span|the week|coming days|next days)\b", RegexOptions.IgnoreCase)]
    private static partial Regex RangeWords();

    [GeneratedRegex(@"\b(wind|windy|breeze|breezy|gusts?|blow|blowing)\b", RegexOptions.IgnoreCase)]
    private static partial Regex WindWords();

    [GeneratedRegex(@"\b(rain|rainy|raining|umbrella|wet|dry|raincoat|shower|showers)\b", RegexOptions.IgnoreCase)]
    private static partial Regex RainWords();

    [GeneratedRegex(@"\b(cold|low|lowest|coldest|minimum|chilly|cool)\b", RegexOptions.IgnoreCase)]
    private static partial Regex LowWords();

    [GeneratedRegex(@"\b(warm|high|highest|warmest|hot|hottest|maximum)\b", RegexOptions.IgnoreCase)]
    private static partial Regex HighWords();

    [GeneratedRegex(@"\b(today|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b", RegexOptions.IgnoreCase)]
    private static partial Regex DayWords();
}
