using System.Text.RegularExpressions;
using ZephyrML.Teacher;

namespace WeatherDesk;

/// <summary>Judges replies by the forecast and the question alone.</summary>
public static partial class ReplyJudge
{
    private const int EnoughWords = 40;

    /// <summary>Judges one reply.</summary>
    public static ReplyScore Score(WeatherPrompt prompt, string reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        var sentences = SentenceEnd().Split(reply).Select(s => s.Trim()).Where(s => s.Length > 0).ToList();
        var subject = prompt.Question.Kind == QuestionKind.Range ? "week" : prompt.Day.Name;
        var words = reply.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        var idle = sentences.Count(s => !Serves().IsMatch(s)) + sentences.Count - sentences.Distinct(StringComparer.OrdinalIgnoreCase).Count();
        return new(FactChecker.Check(prompt, reply),
            sentences.Exists(s => s.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length >= 4) && SentenceMark().IsMatch(reply.TrimEnd()),
            reply.Contains(subject, StringComparison.OrdinalIgnoreCase) || (prompt.Question.Kind == QuestionKind.Range && reply.Contains("days", StringComparison.OrdinalIgnoreCase)),
            Advice.Fits(prompt, reply),
            Math.Min(1, idle / 3.0 + Math.Max(0, words - EnoughWords) / 60.0));
    }

    /// <summary>1 where the first reply is better, 0 where the second one is, 0.5 for a tie.</summary>
    public static double Compare(WeatherPrompt prompt, string first, string second)
    {
        var difference = Score(prompt, first).Value - Score(prompt, second).Value;
        return Math.Abs(difference) < 1e-9 ? 0.5 : difference > 0 ? 1 : 0;
    }

    /// <summary>A rating from 1 to 5 for one of UltraFeedback's aspects.</summary>
    public static float Rate(JudgeAspect aspect, WeatherPrompt prompt, string reply)
    {
        var score = Score(prompt, reply);
        var (facts, wrong) = (score.Facts, score.Facts.Contradictions.Count);
        var padding = (float)Math.Round(2 * score.Padding);
        return Math.Clamp(aspect switch
        {
            JudgeAspect.InstructionFollowing => facts.IsCorrect ? 5 - (score.NamesSubject ? 0 : 1) - padding : 1 + facts.Stated / facts.Asked,
            JudgeAspect.Honesty => wrong > 0 ? 1 : facts.IsCorrect ? 5 : 3,
            JudgeAspect.Truthfulness => wrong switch { 0 => 5, 1 => 2, _ => 1 },
            _ => facts.IsCorrect ? 2 + (score.IsSentence ? 1 : 0) + (score.HasAdvice ? 2 : 0) - padding : 1,
        }, 1, 5);
    }

    [GeneratedRegex(@"(?:[!?;\n]|\.(?!\d))+")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"[.!?]$")]
    private static partial Regex SentenceMark();

    // What a sentence must touch to serve a question about the weather.
    [GeneratedRegex(@"\d|\b(today|tonight|tomorrow|\w+day|week|rain|dry|wet|umbrella|raincoat|wind|windy|calm|warm|warmly|cold|cool|hot|mild|degrees|sky|sun|sunny|fair|cloudy|foggy|drizzly|showery|rainy|stormy|coat|jacket|gloves|hat|sunscreen|water|layers|dress|wear|clothes|clothing|walk|picnic|kite|yes|no|low|high|outside|things|cycling|drive)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Serves();
}
