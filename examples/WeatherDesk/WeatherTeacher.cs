using ZephyrML.Teacher;

namespace WeatherDesk;

/// <summary>
/// The teacher: knows the weather desk's trade. It answers correctly, now with advice and now without; it makes a new instruction out of a prompt that it is shown;
/// and it judges answers, by the forecast and the reply alone.
/// </summary>
public sealed class WeatherTeacher(int seed) : EmbeddedChatClient("weather-teacher", seed)
{
    /// <inheritdoc/>
    protected override string Answer(string message, SeedStream random)
    {
        if (AspectPrompt.TryRead(message, out var question))
            return AspectPrompt.RenderReply(question!, [.. question!.Texts.Select(text => WeatherPrompt.Read(question.Instruction) is { } asked ? ReplyJudge.Rate(question.Aspect, asked, text) : 1f)]);
        if (RefinementPrompt.TryRead(message, out _, out _))
            return Refine(random);
        if (WeatherPrompt.Read(message) is not { } prompt)
            return "I can help with questions about a weather forecast. Please send the forecast, a line for each day, and your question.";
        return random.NextDouble() < 0.4 ? $"{ReplyWriter.Answer(prompt, random)} {ReplyWriter.Hint(prompt, random)}" : ReplyWriter.Answer(prompt, random);
    }

    /// <summary>A new instruction: the next reader's question, about a forecast of their own. What is drawn hangs on the instruction and the answer that it grows from.</summary>
    private static string Refine(SeedStream random)
    {
        var kinds = Enum.GetValues<QuestionKind>();
        var forecast = PromptSampler.DrawForecast(random, 1 + random.Next(3));
        var kind = kinds[random.Next(kinds.Length)];
        var wordings = QuestionWordings.Known(kind);
        return new WeatherPrompt(forecast, QuestionWordings.Fill(kind, kind == QuestionKind.Range ? 0 : random.Next(forecast.Days.Count), wordings[random.Next(wordings.Count)], forecast)).Text;
    }
}
