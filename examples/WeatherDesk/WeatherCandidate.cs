using ZephyrML.Teacher;

namespace WeatherDesk;

/// <summary>One of the models whose answers are compared.</summary>
public sealed class WeatherCandidate(string name, CandidateStyle style, int seed) : EmbeddedChatClient(name, seed)
{
    private static readonly string[] Chatter =
    [
        "What a lovely thing to ask.",
        "People have talked about such matters for ages.",
        "My neighbour has a view on everything, as you may know.",
        "There is much to say here.",
        "In general one never knows.",
    ];

    /// <summary>The four of the quickstart, by name.</summary>
    public static IReadOnlyDictionary<string, CandidateStyle> Styles { get; } = new Dictionary<string, CandidateStyle>
    {
        ["meridian"] = CandidateStyle.Thorough,
        ["brief"] = CandidateStyle.Terse,
        ["breezy"] = CandidateStyle.Sloppy,
        ["chatty"] = CandidateStyle.Rambling,
    };

    /// <summary>A pool of the four.</summary>
    public static CandidatePool Pool(int seed)
    {
        var pool = new CandidatePool();
        foreach (var (name, style) in Styles)
            pool.Add(name, new WeatherCandidate(name, style, seed));
        return pool;
    }

    /// <inheritdoc/>
    protected override string Answer(string message, SeedStream random)
    {
        if (WeatherPrompt.Read(message) is not { } prompt)
            return style == CandidateStyle.Terse ? "No forecast." : "I do not see a forecast in your message.";
        switch (style)
        {
            case CandidateStyle.Thorough:
                return random.NextDouble() < 0.7 ? $"{ReplyWriter.Answer(prompt, random)} {ReplyWriter.Hint(prompt, random)}" : ReplyWriter.Answer(prompt, random);
            case CandidateStyle.Terse:
                return ReplyWriter.Values(prompt);
            case CandidateStyle.Sloppy:
                var read = random.NextDouble() < 0.6 ? Misread(prompt, random) : prompt;
                return random.NextDouble() < 0.5 ? $"{ReplyWriter.Answer(read, random)} {ReplyWriter.Hint(read, random)}" : ReplyWriter.Answer(read, random);
            default:
                var talk = $"{Chatter[random.Next(Chatter.Length)]} {Chatter[random.Next(Chatter.Length)]}";
                return random.NextDouble() < 0.5 ? $"{talk} {ReplyWriter.Answer(prompt, random)}" : talk;
        }
    }

    /// <summary>The same prompt with other weather on every day.</summary>
    private static WeatherPrompt Misread(WeatherPrompt prompt, SeedStream random)
    {
        var other = PromptSampler.DrawForecast(random, prompt.Forecast.Days.Count);
        return prompt with { Forecast = new([.. other.Days.Zip(prompt.Forecast.Days, (wrong, day) => wrong with { Day = day.Day })]) };
    }
}
