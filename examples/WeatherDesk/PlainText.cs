using ZephyrML.Teacher;

namespace WeatherDesk;

/// <summary>
/// The domain's plain text, which the base model is pretrained on: a forecast, and what readers asked about it and were told. No chat format, no turns.
/// </summary>
public static class PlainText
{
    /// <summary>A text in pieces; those to learn from are the replies, the others are what they rest on.</summary>
    public sealed record Piece(string Text, bool Learn);

    /// <summary>Documents about forecasts of one to <paramref name="maxDays"/> days.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="questions">Questions a document.</param>
    /// <param name="maxDays">The longest forecast.</param>
    public static IEnumerable<IReadOnlyList<Piece>> Documents(int seed, int count, int questions = 3, int maxDays = 3)
    {
        var kinds = Enum.GetValues<QuestionKind>();
        for (var row = 0; row < count; row++)
        {
            var random = new SeedStream(seed, "plain-text", row);
            var forecast = PromptSampler.DrawForecast(random, 1 + random.Next(maxDays));
            var pieces = new List<Piece> { new($"{forecast}\n", false) };
            for (var i = 0; i < questions; i++)
            {
                var kind = kinds[random.Next(kinds.Length)];
                var wordings = QuestionWordings.Known(kind);
                var question = QuestionWordings.Fill(kind, kind == QuestionKind.Range ? 0 : random.Next(forecast.Days.Count), wordings[random.Next(wordings.Count)], forecast);
                var prompt = new WeatherPrompt(forecast, question);
                pieces.Add(new($"\n{question.Text}\n", false));
                pieces.Add(new(ReplyWriter.Answer(prompt, random) + (random.NextDouble() < 0.3 ? " " + ReplyWriter.Hint(prompt, random) : "") + "\n", true));
            }
            yield return pieces;
        }
    }
}
