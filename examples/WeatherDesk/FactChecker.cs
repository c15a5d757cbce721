namespace WeatherDesk;

/// <summary>Checks a reply against the forecast in the prompt. It looks at nothing else: who wrote the reply, and in which words, does not matter.</summary>
public static class FactChecker
{
    /// <summary>Checks a reply.</summary>
    public static FactReport Check(WeatherPrompt prompt, string reply)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(reply);
        var claims = ClaimReader.Read(reply, prompt);
        var wrong = claims.Where(c => !Holds(c, prompt.Forecast)).ToList();
        var right = claims.Except(wrong).ToList();
        var stated = Asked(prompt).Count(asked => right.Exists(c => States(c, asked, prompt)));
        return new(Asked(prompt).Count, stated, wrong);
    }

    private static List<Claim> Asked(WeatherPrompt prompt)
    {
        var d = prompt.Day;
        var day = d.Name.ToLowerInvariant();
        return prompt.Question.Kind switch
        {
            QuestionKind.Describe => [new(Measure.Sky, (int)d.Sky, day), new(Measure.Low, d.Low, day), new(Measure.High, d.High, day)],
            QuestionKind.Rain => [new(Measure.Wet, d.IsWet ? 1 : 0, day)],
            QuestionKind.Range => [new(Measure.Low, prompt.Forecast.Low, null), new(Measure.High, prompt.Forecast.High, null)],
            QuestionKind.High => [new(Measure.High, d.High, day)],
            QuestionKind.Low => [new(Measure.Low, d.Low, day)],
            _ => [new(Measure.Wind, d.Wind, day)],
        };
    }

    /// <summary>Whether a claim that holds says what was asked: the same value of the same kind for the same day, or for the week by naming the day on which it falls.</summary>
    private static bool States(Claim claim, Claim asked, WeatherPrompt prompt)
    {
        if (asked.Measure == Measure.Wet && claim.Measure == Measure.RainChance && claim.Day == asked.Day)
            return true;                                                             // the chance itself answers whether it will rain
        var sameMeasure = claim.Measure == asked.Measure || (claim.Measure == Measure.Temperature && asked.Measure is Measure.Low or Measure.High);
        return sameMeasure && claim.Value == asked.Value && (claim.Day == asked.Day || asked.Day is null || (claim.Day is null && prompt.Forecast.Days.Count == 1));
    }

    private static bool Holds(Claim claim, Forecast forecast)
    {
        if (claim.Day is null)
            return claim.Measure switch
            {
                Measure.Low => claim.Value == forecast.Low,
                Measure.High => claim.Value == forecast.High,
                Measure.Temperature => claim.Value == forecast.Low || claim.Value == forecast.High,
                _ => forecast.Days.Any(d => HoldsOn(claim, d)),
            };
        return forecast.Days.FirstOrDefault(d => d.Name.Equals(claim.Day, StringComparison.OrdinalIgnoreCase)) is { } day && HoldsOn(claim, day);
    }

    private static bool HoldsOn(Claim claim, DayForecast day) => claim.Measure switch
    {
        Measure.Sky => claim.Value == (int)day.Sky,
        Measure.Low => claim.Value == day.Low,
        Measure.High => claim.Value == day.High,
        Measure.Temperature => claim.Value == day.Low || claim.Value == day.High,
        Measure.RainChance => claim.Value == day.RainChance,
        Measure.Wet => claim.Value == (day.IsWet ? 1 : 0),
        _ => claim.Value == day.Wind,
    };
}
