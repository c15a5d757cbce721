using ZephyrML.Teacher;

namespace WeatherDesk;

/// <summary>Draws forecasts and prompts; the same for the same seed, purpose and row.</summary>
public sealed class PromptSampler(int seed)
{
    private static readonly QuestionKind[] Kinds = Enum.GetValues<QuestionKind>();

    /// <summary>Prompts in the training wordings, about forecasts of one to <paramref name="maxDays"/> days.</summary>
    public IEnumerable<WeatherPrompt> Training(int count, string purpose = "train", int maxDays = 3) =>
        Enumerable.Range(0, count).Select(row => Draw(new SeedStream(seed, "prompt/" + purpose, row), row, maxDays, unseenWordings: false));

    /// <summary>Prompts about forecasts that <paramref name="seen"/> lacks, every second one in a wording that training never uses.</summary>
    public IEnumerable<WeatherPrompt> HeldOut(int count, IEnumerable<WeatherPrompt> seen)
    {
        var known = seen.SelectMany(p => p.Forecast.Days).ToHashSet();                 // not one of its days was seen
        for (long row = 0, given = 0; given < count; row++)
        {
            var prompt = Draw(new SeedStream(seed, "prompt/held-out", row), row, 3, unseenWordings: given % 2 == 1);
            if (prompt.Forecast.Days.Any(known.Contains))
                continue;
            given++;
            yield return prompt;
        }
    }

    /// <summary>A forecast of the given number of days.</summary>
    public static Forecast DrawForecast(SeedStream random, int days) => new([.. Enumerable.Range(0, days).Select(i => DrawDay(random,
        i switch { 0 => "Today", 1 => "Tomorrow", _ => Forecast.Weekdays[random.Next(Forecast.Weekdays.Count)] }))]);

    private static DayForecast DrawDay(SeedStream random, string day)
    {
        var sky = (Sky)random.Next(8);
        var low = random.Next(26);
        return new(day, sky, low, low + 3 + random.Next(10), 10 * (sky >= Sky.Drizzly ? 5 + random.Next(5) : random.Next(5)), 5 * (1 + random.Next(12)));
    }

    private static WeatherPrompt Draw(SeedStream random, long row, int maxDays, bool unseenWordings)
    {
        var forecast = DrawForecast(random, 1 + random.Next(maxDays));
        var kind = Kinds[(int)(row % Kinds.Length)];
        var wordings = unseenWordings ? QuestionWordings.HeldOut(kind) : QuestionWordings.Known(kind);
        var day = kind == QuestionKind.Range ? 0 : random.Next(forecast.Days.Count);
        return new(forecast, QuestionWordings.Fill(kind, day, wordings[random.Next(wordings.Count)], forecast));
    }
}
