using System.Text;
using System.Text.Json.Nodes;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>What reference results have in common.</summary>
internal static class ReferenceText
{
    /// <summary>UTF-16 ranges of a text as ranges of code points, which is how the results have them.</summary>
    public static (int Start, int End)[] InCodePoints(string text, IEnumerable<(int Start, int End)> offsets)
    {
        var codePoints = new int[text.Length + 1];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            codePoints[i] = count;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                count++;
        }
        codePoints[text.Length] = count;
        return [.. offsets.Select(o => (codePoints[o.Start], codePoints[o.End]))];
    }

    public static int[] Numbers(JsonNode? node) => [.. node!.AsArray().Select(n => (int)n!)];

    /// <summary>A text in printable ASCII, shortened.</summary>
    public static string Show(string text)
    {
        var shown = new StringBuilder();
        foreach (var c in text.Length > 120 ? text[..120] : text)
            shown.Append(c is < ' ' or > '~' ? $"\\u{(int)c:x4}" : c.ToString());
        return shown.Append(text.Length > 120 ? "..." : "").ToString();
    }

    /// <summary>Null where both are equal, else what differs, from where on, and how.</summary>
    public static string? Difference(string what, string of, string expected, string found)
    {
        if (expected == found)
            return null;
        var at = 0;
        while (at < expected.Length && at < found.Length && expected[at] == found[at])
            at++;
        at = Math.Max(0, at - 20);
        return $"{what} of '{Show(of)}': expected '{Show(expected[at..])}', found '{Show(found[at..])}'" + (at > 0 ? $" (from place {at} on)" : "");
    }

    /// <summary>Runs a check; what it throws is its reason to fail.</summary>
    public static string? Guarded(Func<string?> check)
    {
        try
        {
            return check();
        }
        catch (Exception e)
        {
            return $"{e.GetType().Name}: {e.Message}";
        }
    }
}
