namespace WeatherDesk;

/// <summary>How questions are put. {on} is "today", "tomorrow", "on Friday"; {of} is "today's", "tomorrow's", "Friday's"; {day} is "today", "tomorrow", "Friday".</summary>
public static class QuestionWordings
{
    private static readonly Dictionary<QuestionKind, (string[] Known, string[] HeldOut)> Wordings = new()
    {
        [QuestionKind.Describe] = (
            ["Describe {of} weather.", "What will the weather be like {on}?", "What is {of} weather?", "How will the weather be {on}?", "Tell me about {of} weather.", "Give me {of} weather."],
            ["Please describe {of} weather.", "Tell me what the weather will be like {on}."]),
        [QuestionKind.Rain] = (
            ["Will it rain {on}?", "Do I need an umbrella {on}?", "Is rain likely {on}?", "Should I take an umbrella {on}?", "Is it going to rain {on}?", "Will {day} be wet?"],
            ["Will I need an umbrella {on}?", "Will there be rain {on}?"]),
        [QuestionKind.Range] = (
            ["What is this week's temperature range?", "What is the temperature range this week?", "Give me this week's temperature range.", "What temperatures can we expect this week?"],
            ["Tell me this week's temperature range."]),
        [QuestionKind.High] = (
            ["How warm will it get {on}?", "What is {of} high?", "How hot will it be {on}?", "What is the highest temperature {on}?"],
            ["How warm will it be {on}?"]),
        [QuestionKind.Low] = (
            ["How cold will it get {on}?", "What is {of} low?", "What is the lowest temperature {on}?"],
            ["How cold will it be {on}?"]),
        [QuestionKind.Wind] = (
            ["How windy will it be {on}?", "How strong is the wind {on}?", "What wind can we expect {on}?", "What is the wind {on}?"],
            ["How strong will the wind be {on}?"]),
    };

    /// <summary>The wordings that training prompts use.</summary>
    public static IReadOnlyList<string> Known(QuestionKind kind) => Wordings[kind].Known;

    /// <summary>Wordings that only held-out prompts use.</summary>
    public static IReadOnlyList<string> HeldOut(QuestionKind kind) => Wordings[kind].HeldOut;

    /// <summary>A question in words.</summary>
    public static Question Fill(QuestionKind kind, int day, string wording, Forecast forecast)
    {
        var d = forecast.Days[day];
        return new(kind, day, wording.Replace("{on}", d.When, StringComparison.Ordinal).Replace("{of}", d.Name + "'s", StringComparison.Ordinal).Replace("{day}", d.Name, StringComparison.Ordinal));
    }
}
