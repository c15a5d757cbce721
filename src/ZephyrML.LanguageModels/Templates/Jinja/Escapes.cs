using System.Globalization;
using System.Text;

namespace ZephyrML.LanguageModels.Jinja;

/// <summary>Python's escapes in string literals; unknown ones stay as they are.</summary>
internal static class Escapes
{
    public static string Decode(string text, int line)
    {
        if (!text.Contains('\\'))
            return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }
            var c = text[++i];
            switch (c)
            {
                case '\n': break;
                case '\\' or '\'' or '"': result.Append(c); break;
                case 'a': result.Append('\a'); break;
                case 'b': result.Append('\b'); break;
                case 'f': result.Append('\f'); break;
                case 'n': result.Append('\n'); break;
                case 'r': result.Append('\r'); break;
                case 't': result.Append('\t'); break;
                case 'v': result.Append('\v'); break;
                case >= '0' and <= '7':
                    var value = 0;
                    var end = i;
                    while (end < text.Length && end < i + 3 && text[end] is >= '0' and <= '7') value = value * 8 + text[end++] - '0';
                    result.Append((char)value);
                    i = end - 1;
                    break;
                case 'x' or 'u' or 'U':
                    var digits = c switch { 'x' => 2, 'u' => 4, _ => 8 };
                    if (i + digits >= text.Length || !int.TryParse(text.AsSpan(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || code is < 0 or > 0x10FFFF)
                        throw JinjaError.Syntax($"a string has a broken escape '\\{c}'", line);
                    result.Append(code < 0x10000 ? ((char)code).ToString() : char.ConvertFromUtf32(code));
                    i += digits;
                    break;
                case 'N':
                    throw JinjaError.Syntax("characters by name ('\\N{...}') are not supported", line);
                default:
                    result.Append('\\').Append(c);
                    break;
            }
        }
        return result.ToString();
    }
}
