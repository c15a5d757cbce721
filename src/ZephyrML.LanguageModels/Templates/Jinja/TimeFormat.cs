using System.Globalization;
using System.Text;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>strftime in the C locale.</summary>
internal static class TimeFormat
{
    public static string Format(string format, DateTime now)
    {
        var result = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(format[i]);
                continue;
            }
            var flag = format[++i] is '-' or '_' or '0' or '^' && i + 1 < format.Length ? format[i++] : ' ';
            result.Append(Directive(format[i], flag, now));
        }
        return result.ToString();
    }

    private static string Directive(char directive, char flag, DateTime now)
    {
        var hour = now.Hour % 12 == 0 ? 12 : now.Hour % 12;
        switch (directive)
        {
            case 'a': return Text("ddd");
            case 'A': return Text("dddd");
            case 'b' or 'h': return Text("MMM");
            case 'B': return Text("MMMM");
            case 'p': return now.Hour < 12 ? "AM" : "PM";
            case 'P': return now.Hour < 12 ? "am" : "pm";
            case 'd': return Number(now.Day, 2);
            case 'e': return flag == ' ' ? now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2) : Number(now.Day, 2);
            case 'm': return Number(now.Month, 2);
            case 'y': return Number(now.Year % 100, 2);
            case 'C': return Number(now.Year / 100, 2);
            case 'Y': return Number(now.Year, 4);
            case 'G': return Number(ISOWeek.GetYear(now), 4);
            case 'V': return Number(ISOWeek.GetWeekOfYear(now), 2);
            case 'U': return Number((now.DayOfYear + 6 - (int)now.DayOfWeek) / 7, 2);
            case 'W': return Number((now.DayOfYear + 6 - (((int)now.DayOfWeek + 6) % 7)) / 7, 2);
            case 'u': return (now.DayOfWeek == 0 ? 7 : (int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture);
            case 'w': return ((int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture);
            case 'H': return Number(now.Hour, 2);
            case 'k': return now.Hour.ToString(CultureInfo.InvariantCulture).PadLeft(2);
            case 'I': return Number(hour, 2);
            case 'l': return hour.ToString(CultureInfo.InvariantCulture).PadLeft(2);
            case 'M': return Number(now.Minute, 2);
            case 'S': return Number(now.Second, 2);
            case 'f': return (now.Ticks % TimeSpan.TicksPerSecond / 10).ToString("000000", CultureInfo.InvariantCulture);
            case 'j': return Number(now.DayOfYear, 3);
            case 's': return new DateTimeOffset(now, TimeSpan.Zero).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            case 'F': return now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            case 'T' or 'X': return now.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
            case 'R': return now.ToString("HH:mm", CultureInfo.InvariantCulture);
            case 'D' or 'x': return now.ToString("MM'/'dd'/'yy", CultureInfo.InvariantCulture);
            case 'r': return Format("%I:%M:%S %p", now);
            case 'c': return Format("%a %b %e %H:%M:%S %Y", now);
            case 'n': return "\n";
            case 't': return "\t";
            case '%': return "%";
            case 'z' or 'Z': return "";
            default: return "%" + directive;
        }

        string Text(string pattern) => now.ToString(pattern, CultureInfo.InvariantCulture) is var text && flag == '^' ? text.ToUpperInvariant() : text;

        string Number(int value, int width)
        {
            var text = value.ToString(CultureInfo.InvariantCulture);
            return flag switch { '-' => text, '_' => text.PadLeft(width), _ => text.PadLeft(width, '0') };
        }
    }
}
