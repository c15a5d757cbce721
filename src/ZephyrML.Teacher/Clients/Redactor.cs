using System.Net;
using System.Text;
using System.Text.Json;

namespace ZephyrML.Teacher;

/// <summary>Strikes out what a client must keep to itself: its key, as it is, as JSON and URLs write it, and as base64. Servers and proxies echo headers in errors, and some in answers.</summary>
internal sealed class Redactor(params Redactor[] others)
{
    public const string Mark = "***";
    private const int Shortest = 4;                                                // a shorter "key" would strike out half of every text

    private readonly Lock _lock = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private volatile string[] _secrets = [];

    /// <summary>Adds a secret; a key may change while a client lives.</summary>
    public void Add(string? secret)
    {
        if (secret is not { Length: >= Shortest } || Array.IndexOf(_secrets, secret) >= 0)
            return;
        lock (_lock)
        {
            if (!_known.Add(secret))
                return;
            string[] forms = [secret, JsonSerializer.Serialize(secret)[1..^1], WebUtility.UrlEncode(secret), Uri.EscapeDataString(secret), Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('=')];
            _secrets = [.. _secrets.Concat(forms).Where(f => f.Length >= Shortest).Distinct(StringComparer.Ordinal).OrderByDescending(f => f.Length)];
        }
    }

    /// <summary>The text without the secrets.</summary>
    public string Clean(string text)
    {
        foreach (var secret in _secrets)
            text = text.Replace(secret, Mark, StringComparison.OrdinalIgnoreCase);
        foreach (var other in others)
            text = other.Clean(text);
        return text;
    }

    /// <summary>The text without the secrets, where it was cut off: neither the beginning of one at its end.</summary>
    public string CleanCut(string text)
    {
        text = Clean(text);
        return text[..^Begun(text, Shortest)] + (Begun(text, Shortest) > 0 ? Mark : "");
    }

    /// <summary>How many characters at the text's end are the beginning of a secret.</summary>
    public int Begun(string text, int least = 1)
    {
        var most = 0;
        foreach (var secret in _secrets)
        {
            for (var length = Math.Min(secret.Length - 1, text.Length); length >= least && length > most; length--)
            {
                if (text.EndsWith(secret[..length], StringComparison.OrdinalIgnoreCase))
                    most = length;
            }
        }
        return most;
    }
}
