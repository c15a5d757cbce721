namespace WeatherDesk;

/// <summary>A prompt: a forecast, an empty line, a question.</summary>
/// <param name="Forecast">What is known.</param>
/// <param name="Question">What is asked.</param>
public sealed record WeatherPrompt(Forecast Forecast, Question Question)
{
    /// <summary>The day that is asked about.</summary>
    public DayForecast Day => Forecast.Days[Question.Day];

    /// <summary>The text that a user would send.</summary>
    public string Text => $"{Forecast}\n\n{Question.Text}";

    /// <summary>Reads a prompt: the forecast's lines, and the question in what follows them. Null where it is no such prompt.</summary>
    public static WeatherPrompt? Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Forecast.Find(text) is not { } forecast)
            return null;
        var question = text[(text.LastIndexOf(" km/h", StringComparison.Ordinal) + 5)..].Trim();
        return Question.Read(question, forecast) is { } read ? new(forecast, read) : null;
    }
}
