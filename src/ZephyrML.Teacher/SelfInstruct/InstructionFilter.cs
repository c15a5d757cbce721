using System.Text;
using System.Text.RegularExpressions;

namespace ZephyrML.Teacher;

/// <summary>Decides whether a new instruction is kept, against the limits and everything that was kept before.</summary>
internal sealed class InstructionFilter
{
    private readonly SelfInstructOptions _options;
    private readonly Regex? _keywords;
    private readonly HashSet<string> _exact = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly RougePool? _pool;

    public InstructionFilter(SelfInstructOptions options)
    {
        _options = options;
        if (options.MaxRougeL < 1)
            _pool = new(options.MaxRougeL);
        if (options.Keywords.Count > 0)
            _keywords = new(string.Join('|', options.Keywords.Select(Pattern)), RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
    }

    /// <summary>Takes an instruction into the pool; says where it was there.</summary>
    public DropReason? Add(string instruction)
    {
        if (!_exact.Add(instruction))
            return DropReason.Duplicate;
        if (!_known.Add(Normalise(instruction)))
            return DropReason.NormalisedDuplicate;
        _pool?.Add(instruction);
        return null;
    }

    /// <summary>Why an instruction is dropped; null: it is kept. As the pool only grows, what is dropped once stays dropped.</summary>
    public DropReason? Check(string instruction)
    {
        if (instruction.Length == 0)
            return DropReason.Empty;
        var words = RougeTokenizer.CountWords(instruction);
        if (words < _options.MinWords)
            return DropReason.TooShort;
        if (words > _options.MaxWords)
            return DropReason.TooLong;
        if (HasKeyword(instruction))
            return DropReason.Keyword;
        if (_options.DropBadStarts && StartsBadly(instruction))
            return DropReason.BadStart;
        if (_exact.Contains(instruction))
            return DropReason.Duplicate;
        if (_known.Contains(Normalise(instruction)))
            return DropReason.NormalisedDuplicate;
        return _pool?.HasLike(instruction) == true ? DropReason.TooSimilar : null;
    }

    /// <summary>Whether a text holds a keyword.</summary>
    public bool HasKeyword(string text) => _keywords?.IsMatch(text) == true;

    /// <summary>A keyword as a whole word, where its script has spaces.</summary>
    private static string Pattern(string keyword)
    {
        var (first, last) = (Rune.GetRuneAt(keyword, 0), keyword.EnumerateRunes().Last());
        return (RougeTokenizer.IsUnspaced(first) ? "" : @"(?<!\w)") + Regex.Escape(keyword) + (RougeTokenizer.IsUnspaced(last) ? "" : @"(?!\w)");
    }

    private static bool StartsBadly(string instruction) =>
        instruction.StartsWith("Write a program", StringComparison.OrdinalIgnoreCase)
        || char.IsPunctuation(instruction[0]) || char.IsSymbol(instruction[0])
        || (!char.IsAscii(instruction[0]) && !RougeTokenizer.IsUnspaced(instruction) && !RougeTokenizer.IsForeign(instruction));

    private static string Normalise(string instruction)
    {
        var text = new StringBuilder(instruction.Length);
        foreach (var c in instruction.Normalize(NormalizationForm.FormKC))
        {
            if (char.IsWhiteSpace(c) || char.IsPunctuation(c))
                text.Append(text.Length > 0 && text[^1] != ' ' ? " " : "");
            else
                text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString().TrimEnd();
    }
}
