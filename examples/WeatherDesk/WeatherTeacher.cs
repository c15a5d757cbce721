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
        if (WeatherPrompt.Read(message) is not { } prompt)
            return "I can help with questions about a weather forecast. Please send the forecast, a line for each day, and your question.";
        return random.NextDouble() < 0.4 ? $"{ReplyWriter.Answer(prompt, random)} {ReplyWriter.Hint(prompt, random)}" : ReplyWriter.Answer(prompt, random);
    }
}
