using System.Globalization;
using WeatherDesk;
using ZephyrML.LanguageModels;
using ZephyrML.Training;

namespace PretrainBase;

/// <summary>The plain text as rows of tokens, and what the model makes of it.</summary>
internal static class PlainRows
{
    /// <summary>A document: only what readers were told is learned, since nobody can foretell a random forecast.</summary>
    public static SftRow Encode(LanguageModelTokenizer tokenizer, IReadOnlyList<PlainText.Piece> document)
    {
        var ids = new List<int> { tokenizer.BosTokenId!.Value };
        var learn = new List<bool> { false };
        foreach (var piece in document)
        {
            var tokens = tokenizer.Encode(piece.Text);
            ids.AddRange(tokens);
            learn.AddRange(Enumerable.Repeat(piece.Learn, tokens.Length));
        }
        return new([.. ids], [.. learn]);
    }

    /// <summary>The share of questions, in all and by kind, about unseen forecasts that the model, given the plain text so far, goes on to answer correctly.</summary>
    public static string Evaluate(LanguageModel model, IEnumerable<WeatherPrompt> prompts)
    {
        var list = prompts.ToList();
        var ids = list.Select(p => (int[])[model.Tokenizer.BosTokenId!.Value, .. model.Tokenizer.Encode($"{p.Forecast}\n"), .. model.Tokenizer.Encode($"\n{p.Question.Text}\n")]).ToList();
        model.Network.eval();
        var replies = TextGenerator.Generate(model, ids, new() { MaxNewTokens = 48, BatchSize = 32 });
        var right = list.Zip(replies, (p, r) => (p.Question.Kind, Right: FactChecker.Check(p, r.Text.Split('\n')[0]).IsCorrect ? 1.0 : 0)).ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{right.Average(r => r.Right):p1} ({string.Join(", ", right.GroupBy(r => r.Kind).Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Key} {g.Average(r => r.Right):p0}")))})");
    }
}
