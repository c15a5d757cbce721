using System.Globalization;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Reads runs of tokens such as <c>&lt;0x0A&gt;</c> as UTF-8; where a run is none, each of its bytes becomes U+FFFD.</summary>
internal sealed class ByteFallbackDecoder : TokenDecoder
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public override List<string> Apply(List<string> parts)
    {
        var result = new List<string>(parts.Count);
        var run = new List<byte>();
        foreach (var part in parts)
        {
            if (Byte(part) is { } value)
            {
                run.Add(value);
                continue;
            }
            Flush();
            result.Add(part);
        }
        Flush();
        return result;

        void Flush()
        {
            if (run.Count == 0)
                return;
            try
            {
                result.Add(Strict.GetString([.. run]));
            }
            catch (DecoderFallbackException)
            {
                result.AddRange(run.Select(_ => "\uFFFD"));
            }
            run.Clear();
        }
    }

    // The library's parser takes a sign before the last digit for part of the number.
    private static byte? Byte(string token)
        => token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token[3] == '+' ? token.AsSpan(4, 1) : token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : null;
}
