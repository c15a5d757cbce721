using System.Globalization;
using ZephyrML.Teacher;

namespace WeatherDesk;

/// <summary>Writes replies: the sentences that state what was asked, and a line of advice.</summary>
internal static class ReplyWriter
{
    private static readonly Dictionary<QuestionKind, string[]> Sentences = new()
    {
        [QuestionKind.Describe] =
        [
            "{Name} will be {sky}, with temperatures from {low} to {high} degrees.",
            "Expect {sky} weather {on}, with a low of {low} and a high of {high} degrees.",
            "The weather {on} is {sky}, between {low} and {high} degrees.",
        ],
        [QuestionKind.Range] =
        [
            "This week's temperatures range from {low} to {high} degrees.",
            "Expect between {low} and {high} degrees this week.",
            "The week brings a low of {low} and a high of {high} degrees.",
        ],
        [QuestionKind.High] =
        [
            "{Name}'s high will be {high} degrees.",
            "It will reach {high} degrees {on}.",
            "Expect a high of {high} degrees {on}.",
        ],
        [QuestionKind.Low] =
        [
            "{Name}'s low will be {low} degrees.",
            "It will drop to {low} degrees {on}.",
            "Expect a low of {low} degrees {on}.",
        ],
        [QuestionKind.Wind] =
        [
            "The wind will blow at {wind} km/h {on}.",
            "Expect a wind of {wind} km/h {on}.",
            "{Name} brings a wind of {wind} km/h.",
        ],
    };

    private static readonly string[] Wet =
    [
        "Yes, rain is likely {on}, with a chance of {rain}%.",
        "Yes, expect rain {on}: the chance is {rain}%.",
        "Yes, it will probably rain {on}, at a chance of {rain}%.",
    ];

    private static readonly string[] Dry =
    [
        "No, rain is unlikely {on}, with a chance of {rain}%.",
        "No, {name} should stay dry: the chance of rain is {rain}%.",
        "No, it will probably not rain {on}, at a chance of {rain}%.",
    ];

    /// <summary>The sentence that answers.</summary>
    public static string Answer(WeatherPrompt prompt, SeedStream random)
    {
        var kind = prompt.Question.Kind;
        var forms = kind == QuestionKind.Rain ? prompt.Day.IsWet ? Wet : Dry : Sentences[kind];
        return Fill(forms[random.Next(forms.Length)], prompt);
    }

    /// <summary>Advice that fits.</summary>
    public static string Hint(WeatherPrompt prompt, SeedStream random)
    {
        var hints = Hints(prompt);
        return hints[random.Next(hints.Length)];
    }

    /// <summary>The values alone.</summary>
    public static string Values(WeatherPrompt prompt) => Fill(prompt.Question.Kind switch
    {
        QuestionKind.Describe => "{sky}, {low} to {high}.",
        QuestionKind.Rain => prompt.Day.IsWet ? "Yes." : "No.",
        QuestionKind.Range => "{low} to {high}.",
        QuestionKind.High => "{high}.",
        QuestionKind.Low => "{low}.",
        _ => "{wind} km/h.",
    }, prompt);

    private static string[] Hints(WeatherPrompt prompt)
    {
        var d = prompt.Day;
        switch (prompt.Question.Kind)
        {
            case QuestionKind.Range:
                return prompt.Forecast.High - prompt.Forecast.Low >= 15 ? ["Please dress in layers.", "Pack clothes for warm and cold hours."] : ["A light jacket will do.", "One kind of clothing will do."];
            case QuestionKind.Wind:
                return d.Wind >= 40 ? ["Hold on to your hat.", "Please secure loose things outside."] : d.Wind <= 15 ? ["Enjoy the gentle air.", "A calm day to be outside."] : ["A windproof jacket will help.", "Good for flying a kite."];
            case QuestionKind.Rain or QuestionKind.Describe when d.IsWet:
                return ["Please take an umbrella.", "A raincoat is a good idea."];
            case QuestionKind.Rain:
                return ["You can leave the umbrella at home.", "Enjoy the dry weather."];
            case QuestionKind.High or QuestionKind.Describe when d.High >= 27:
                return ["Please drink plenty of water.", "Wear light clothes."];
            default:
                return d.Low <= 8 ? ["Please dress warmly.", "A warm coat is a good idea."] : ["A light jacket will do.", "Enjoy the mild air."];
        }
    }

    private static string Fill(string form, WeatherPrompt prompt)
    {
        var d = prompt.Day;
        var range = prompt.Question.Kind == QuestionKind.Range;
        string N(int value) => value.ToString(CultureInfo.InvariantCulture);
        var name = char.ToUpperInvariant(d.Name[0]) + d.Name[1..];
        return form.Replace("{Name}", name, StringComparison.Ordinal).Replace("{name}", d.Name, StringComparison.Ordinal).Replace("{on}", d.When, StringComparison.Ordinal)
            .Replace("{sky}", d.SkyWord, StringComparison.Ordinal).Replace("{rain}", N(d.RainChance), StringComparison.Ordinal).Replace("{wind}", N(d.Wind), StringComparison.Ordinal)
            .Replace("{low}", N(range ? prompt.Forecast.Low : d.Low), StringComparison.Ordinal).Replace("{high}", N(range ? prompt.Forecast.High : d.High), StringComparison.Ordinal);
    }
}
