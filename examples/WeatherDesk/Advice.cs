using System.Text.RegularExpressions;

namespace WeatherDesk;

/// <summary>Finds advice in a reply, in whatever words, and says whether it fits the weather.</summary>
public static partial class Advice
{
    /// <summary>Whether the reply gives advice that fits the forecast, and none that does not.</summary>
    public static bool Fits(WeatherPrompt prompt, string reply)
    {
        var text = reply.ToLowerInvariant();
        var (low, high, wind, wet) = prompt.Question.Kind == QuestionKind.Range
            ? (prompt.Forecast.Low, prompt.Forecast.High, 0, prompt.Forecast.Days.Any(d => d.IsWet))
            : (prompt.Day.Low, prompt.Day.High, prompt.Day.Wind, prompt.Day.IsWet);
        if (!Any().IsMatch(text))
            return false;
        if (WarmClothes().IsMatch(text) && low > 14 && !LightJacket().IsMatch(text))
            return false;
        if (ForHeat().IsMatch(text) && high < 18)
            return false;
        if (ForSun().IsMatch(text) && prompt.Question.Kind != QuestionKind.Range && (wet || prompt.Day.Sky > Sky.Fair))
            return false;
        return !(ForCalm().IsMatch(text) && (wind > 30 || (wet && prompt.Question.Kind is QuestionKind.Rain or QuestionKind.Describe)));
    }

    [GeneratedRegex(@"\b(umbrella|raincoat|coat|jacket|gloves|scarf|hat|sunscreen|sunglasses|drink|layers|dress|wear|bring|carry|clothes|clothing|walk|picnic|cycling|bike|kite|enjoy|pack|boots|outdoors|outside|secure|stay inside|indoors|plan|drive|careful|sweater|remember)\b")]
    private static partial Regex Any();

    [GeneratedRegex(@"\b(gloves|scarf|warm coat|winter coat|dress warmly|wrap up)\b")]
    private static partial Regex WarmClothes();

    [GeneratedRegex(@"\blight jacket\b")]
    private static partial Regex LightJacket();

    [GeneratedRegex(@"\b(light clothes|light clothing|plenty of water|stay hydrated|shorts|swim)\b")]
    private static partial Regex ForHeat();

    [GeneratedRegex(@"\b(sunscreen|sunglasses)\b")]
    private static partial Regex ForSun();

    [GeneratedRegex(@"\b(picnic|calm day|walk)\b")]
    private static partial Regex ForCalm();
}
