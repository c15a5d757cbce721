using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace ZephyrML.LanguageModels;

/// <summary>Python's regular expressions on names of modules. They come from files, so each match has a time limit.</summary>
internal static class ModulePattern
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private static readonly ConcurrentDictionary<string, Regex> Known = [];

    /// <summary>re.fullmatch</summary>
    public static bool Whole(string pattern, string name) => Get($@"\A(?:{pattern})\z").IsMatch(name);

    /// <summary>re.match: at the beginning, to anywhere.</summary>
    public static Match Beginning(string pattern, string name) => Get($@"\A(?:{pattern})").Match(name);

    /// <summary>Why it is no regular expression, or null.</summary>
    public static string? Fault(string pattern)
    {
        try
        {
            _ = new Regex(Translated(pattern), RegexOptions.CultureInvariant, Limit);
            return null;
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }

    private static Regex Get(string pattern)
    {
        if (Known.Count > 1000) Known.Clear();
        return Known.GetOrAdd(pattern, p => new Regex(Translated(p), RegexOptions.CultureInvariant, Limit));
    }

    private static string Translated(string pattern) => pattern.Replace("(?P<", "(?<");
}
