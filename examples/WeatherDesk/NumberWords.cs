using System.Globalization;
using System.Text.RegularExpressions;

namespace WeatherDesk;

/// <summary>Writes number words as digits, so that "twenty-one degrees" reads as well as "21 degrees".</summary>
internal static partial class NumberWords
{
    private static readonly string[] Units =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];

    private static readonly string[] Tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

    public static string ToDigits(string lowerCaseText) => Number().Replace(lowerCaseText, match =>
    {
        if (match.Groups[1].Success)
        {
            var ten = 10 * Array.IndexOf(Tens, match.Groups[1].Value);
            var unit = match.Groups[2].Success ? Array.IndexOf(Units, match.Groups[2].Value) : 0;
            return (ten + unit).ToString(CultureInfo.InvariantCulture);
        }
        return Array.IndexOf(Units, match.Groups[3].Value).ToString(CultureInfo.InvariantCulture);
    });

    // "one" is left alone: it is a pronoun more often than a measurement.
    [GeneratedRegex(@"\b(?:(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](one|two|three|four|five|six|seven|eight|nine))?|(zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen))\b")]
    private static partial Regex Number();
}
