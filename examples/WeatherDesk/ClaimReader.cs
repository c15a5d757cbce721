using System.Globalization;
using System.Text.RegularExpressions;

namespace WeatherDesk;

/// <summary>
/// Reads what a reply claims, from any wording: numbers with their units and their roles (a low, a high, a range), words for the sky, and whether it rains.
/// A claim belongs to the day that is named nearest to it, or else to the day that was asked about.
/// </summary>
internal static partial class ClaimReader
{
    private const string Week = "week";

    public static List<Claim> Read(string reply, WeatherPrompt prompt)
    {
        var text = NumberWords.ToDigits(reply.ToLowerInvariant().Replace('’', '\'').Replace("°", " degrees ", StringComparison.Ordinal).Replace("per cent", "%", StringComparison.Ordinal).Replace("percent", "%", StringComparison.Ordinal));
        var claims = new List<Claim>();
        var lastDay = prompt.Question.Kind == QuestionKind.Range ? Week : prompt.Day.Name.ToLowerInvariant();
        var asked = lastDay;
        foreach (var sentence in SentenceEnd().Split(text).Where(s => s.Trim().Length > 0))
        {
            var days = DayName().Matches(sentence).Select(m => (m.Index, Day: m.Value switch { "tonight" => "today", "the week" or "this week" or "week's" => Week, var d => d })).ToList();
            string DayAt(int place) => Nearest(sentence, days, place) ?? lastDay;
            void Add(Measure measure, int value, int place) => claims.Add(new(measure, value, DayAt(place) is var day && day == Week ? null : day));

            Numbers(sentence, prompt.Question.Kind, Add);
            Skies(sentence, prompt.Question.Kind, Add);
            Rain(sentence, Add);
            if (prompt.Question.Kind == QuestionKind.Describe && prompt.Day.Sky == Sky.Rainy)
                foreach (Match rain in RainWord().Matches(sentence))
                    if (!ChanceOf().IsMatch(Before(sentence, rain.Index, 32)) && !Negation().IsMatch(Before(sentence, rain.Index, 18)))
                        Add(Measure.Sky, (int)Sky.Rainy, rain.Index);                   // "rain all day" says rainy
            if (prompt.Question.Kind == QuestionKind.Rain && claims.TrueForAll(c => c.Measure != Measure.Wet) && YesOrNo().Match(sentence) is { Success: true } answer)
                claims.Add(new(Measure.Wet, (answer.Groups[1].Value == "yes") != AsksForDry().IsMatch(prompt.Question.Text) ? 1 : 0, asked));
            if (days.Count > 0)
                lastDay = days[^1].Day;
        }
        return claims;
    }

    /// <summary>The day named in the clause of a place; else the last before it in the sentence; else the first after it.</summary>
    private static string? Nearest(string sentence, List<(int Index, string Day)> days, int place)
    {
        if (days.Count == 0)
            return null;
        var start = 0;
        foreach (Match border in ClauseEnd().Matches(sentence))
        {
            if (place < border.Index)
            {
                if (In(start, border.Index) is { } here)
                    return here;
                break;
            }
            start = border.Index + border.Length;
        }
        if (In(start, sentence.Length) is { } tail && !ClauseEnd().Match(sentence, Math.Min(place, sentence.Length)).Success)
            return tail;
        var before = days.FindLastIndex(d => d.Index < place);
        return before >= 0 ? days[before].Day : days[0].Day;

        string? In(int from, int to) => days.Where(d => d.Index >= from && d.Index < to).OrderBy(d => Math.Abs(d.Index - place)).Select(d => d.Day).FirstOrDefault();
    }

    private static void Numbers(string sentence, QuestionKind asked, Action<Measure, int, int> add)
    {
        var used = new HashSet<int>();
        foreach (Match pair in TemperaturePair().Matches(sentence))
        {
            var (a, b) = (Int(pair.Groups["a"]), Int(pair.Groups["b"]));
            add(Measure.Low, Math.Min(a, b), pair.Groups["a"].Index);
            add(Measure.High, Math.Max(a, b), pair.Groups["a"].Index);
            used.Add(pair.Groups["a"].Index);
            used.Add(pair.Groups["b"].Index);
        }
        var numbers = Number().Matches(sentence);
        for (var i = 0; i < numbers.Count; i++)
        {
            var number = numbers[i];
            if (used.Contains(number.Index))
                continue;
            var after = sentence[(number.Index + number.Length)..(i + 1 < numbers.Count ? numbers[i + 1].Index : sentence.Length)];
            var before = sentence[(i > 0 ? numbers[i - 1].Index + numbers[i - 1].Length : 0)..number.Index];
            if (OtherUnit().IsMatch(after))
                continue;
            if (PercentSign().IsMatch(after))
                add(Measure.RainChance, Int(number), number.Index);
            else if (SpeedUnit().IsMatch(after))
                add(Measure.Wind, Int(number), number.Index);
            else if ((Role(ClauseEnd().Split(before)[^1], last: true) ?? Role(ClauseEnd().Split(after)[0], last: false) ?? Role(before, last: true)) is { } role)
                add(role, Int(number), number.Index);
            else if (DegreeUnit().IsMatch(after))
                add(asked switch { QuestionKind.High => Measure.High, QuestionKind.Low => Measure.Low, _ => Measure.Temperature }, Int(number), number.Index);
            else
                add(asked switch
                {
                    QuestionKind.Wind => Measure.Wind,
                    QuestionKind.Rain => Measure.RainChance,
                    QuestionKind.High => Measure.High,
                    QuestionKind.Low => Measure.Low,
                    _ => Measure.Temperature,
                }, Int(number), number.Index);
        }
    }

    /// <summary>Whether the words next to a number call it a high or a low.</summary>
    private static Measure? Role(string words, bool last)
    {
        var hits = RoleWord().Matches(words);
        if (hits.Count == 0)
            return null;
        return (last ? hits[^1] : hits[0]).Groups["high"].Success ? Measure.High : Measure.Low;
    }

    private static void Skies(string sentence, QuestionKind asked, Action<Measure, int, int> add)
    {
        foreach (Match word in SkyWord().Matches(sentence))
        {
            var sky = word.Value[..3] switch
            {
                "sun" or "cle" => Sky.Sunny,
                "fai" => Sky.Fair,
                "clo" when word.Value == "cloudless" => Sky.Sunny,
                "clo" or "ove" => Sky.Cloudy,
                "fog" or "mis" => Sky.Foggy,
                "dri" => Sky.Drizzly,
                "sho" => Sky.Showery,
                "rai" => Sky.Rainy,
                _ => Sky.Stormy,
            };
            if (Negation().IsMatch(Before(sentence, word.Index, 18)) || ChanceOf().IsMatch(Before(sentence, word.Index, 32)))
                continue;
            if (asked != QuestionKind.Describe && sky >= Sky.Drizzly)
                add(Measure.Wet, 1, word.Index);                                    // "expect showers" answers whether it rains
            else
                add(Measure.Sky, (int)sky, word.Index);
        }
    }

    private static void Rain(string sentence, Action<Measure, int, int> add)
    {
        foreach (Match gear in RainGear().Matches(sentence))
            add(Measure.Wet, GearLeft().IsMatch(sentence) ? 0 : 1, gear.Index);
        foreach (Match dry in Dry().Matches(sentence))
            add(Measure.Wet, Negation().IsMatch(Before(sentence, dry.Index, 18)) ? 1 : 0, dry.Index);
        foreach (Match wet in Wet().Matches(sentence))
            add(Measure.Wet, Negation().IsMatch(Before(sentence, wet.Index, 18)) ? 0 : 1, wet.Index);
        foreach (Match rain in RainWord().Matches(sentence))
        {
            var around = Before(sentence, rain.Index, 32) + rain.Value + sentence[(rain.Index + rain.Length)..Math.Min(sentence.Length, rain.Index + rain.Length + 24)];
            if (RainDenied().IsMatch(around))
                add(Measure.Wet, 0, rain.Index);
            else if (RainAffirmed().IsMatch(around))
                add(Measure.Wet, 1, rain.Index);
        }
    }

    private static string Before(string text, int place, int length) => text[Math.Max(0, place - length)..place];

    private static int Int(Capture number) => int.Parse(number.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?:[!?;\n]|\.(?!\d))+")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@",|\band\b|\bbut\b|\bwhile\b|:")]
    private static partial Regex ClauseEnd();

    [GeneratedRegex(@"\b(?:today|tonight|tomorrow|(?!(?:holi|birth|every|mid|week|work|some)day)[a-z]{2,}day|(?:the|this) week|week's)\b")]
    private static partial Regex DayName();

    [GeneratedRegex(@"\b(yes|no)\b\s*(?:[,:!\-–—]|$)")]
    private static partial Regex YesOrNo();

    [GeneratedRegex(@"\bdry\b", RegexOptions.IgnoreCase)]
    private static partial Regex AsksForDry();

    [GeneratedRegex(@"(?<![\d.,])(?:(?<a>\d{1,3})(?: degrees?)?(?: celsius| c\b)? ?(?:to|up to|through|-|–|—) ?(?<b>\d{1,3})|between (?<a>\d{1,3})(?: degrees?)?(?: celsius| c\b)? and (?<b>\d{1,3}))(?!\d)(?!\s*(?:%|km|kilomet))")]
    private static partial Regex TemperaturePair();

    [GeneratedRegex(@"(?<![\w.,])\d{1,3}(?!\d)")]
    private static partial Regex Number();

    [GeneratedRegex(@"^\s*(?:days?|hours?|o'clock|am\b|pm\b|layers?|times?|minutes?|people|years?)\b")]
    private static partial Regex OtherUnit();

    [GeneratedRegex(@"^\s*(?:%|chance)")]
    private static partial Regex PercentSign();

    [GeneratedRegex(@"^\s*(?:km\b|km/h|kmh|kph|kilomet)")]
    private static partial Regex SpeedUnit();

    [GeneratedRegex(@"^\s*(?:degrees?|c\b|celsius)")]
    private static partial Regex DegreeUnit();

    [GeneratedRegex(@"\b(?:(?<high>highs?|highest|warm|warmest|hot|hottest|max|maximum|peaks?|peaking|tops?|reach(?:es|ing)?|climbs?|climbing|ris(?:es?|ing)|at most|up to)|(?<low>lows?|lowest|cold|coldest|min|minimum|drops?|dropping|falls?|falling|sinks?|dips?|at least|down to|coolest))\b")]
    private static partial Regex RoleWord();

    [GeneratedRegex(@"\b(?:sunny|sunshine|sun|clear|cloudless|fair|cloudy|clouds|overcast|foggy|fog|misty|mist|drizzly|drizzle|showery|showers|rainy|stormy|storms?|thunder|thunderstorms?|thundery)\b")]
    private static partial Regex SkyWord();

    [GeneratedRegex(@"\b(?:no|not|without|never|hardly)\b[\w ]*$|n't[\w ]*$")]
    private static partial Regex Negation();

    [GeneratedRegex(@"\b(?:chance|risk|possibility|likelihood|probability|odds|threat) (?:of|for) (?:\w+ )?$")]
    private static partial Regex ChanceOf();

    [GeneratedRegex(@"\b(?:umbrellas?|raincoats?|rain jackets?|waterproofs?)\b")]
    private static partial Regex RainGear();

    [GeneratedRegex(@"\b(?:no|not|leave|without|unnecessary|skip|forget)\b|n't")]
    private static partial Regex GearLeft();

    [GeneratedRegex(@"\bdry\b")]
    private static partial Regex Dry();

    [GeneratedRegex(@"\bwet\b")]
    private static partial Regex Wet();

    [GeneratedRegex(@"\brain(?:s|ing|fall)?\b(?! (?:jacket|gear|chance))")]
    private static partial Regex RainWord();

    [GeneratedRegex(@"\b(?:no|not|without|unlikely|hardly|improbable|little|small|low chance|never|doubt)\b|n't")]
    private static partial Regex RainDenied();

    [GeneratedRegex(@"\b(?:likely|expect|expected|will rain|rains|probably|probable|certain|sure|forecast|brings|plan for|high chance|good chance|strong chance|prepare)\b")]
    private static partial Regex RainAffirmed();
}
