using System.Text;
using System.Text.RegularExpressions;

namespace ZephyrML.Teacher;

/// <summary>Decides whether a new instruction is kept, against the limits and everything that was kept before.</summary>
internal sealed class InstructionFilter
{
    private readonly SelfInstructOptions _options;
    private readonly Regex? _keywords;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly RougePool _pool;

    public InstructionFilter(SelfInstructOptions options)
    {
        _options = options;
        _pool = new(options.MaxRougeL);
        if (options.Keywords.Count > 0)
            _keywords = new(@"(?<!\w)(?:" + string.Join('|', options.Keywords.Select(Regex.Escape)) + @")(?!\w)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
    }

    /// <summary>Takes an instruction into the pool; false where it was there.</summary>
    public bool Add(string instruction)
    {
        if (!_known.Add(Normalise(instruction)))
            return false;
        if (_options.MaxRougeL < 1)
            _pool.Add(instruction);
        return true;
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
        if (_keywords?.IsMatch(instruction) == true)
            return DropReason.Keyword;
        if (_options.DropBadStarts && StartsBadly(instruction))
            return DropReason.BadStart;
        if (_known.Contains(Normalise(instruction)))
            return DropReason.Duplicate;
        return _options.MaxRougeL < 1 && _pool.HasLike(instruction) ? DropReason.TooSimilar : null;
    }

    private static bool StartsBadly(string instruction) =>
        instruction.StartsWith("Write a program", StringComparison.OrdinalIgnoreCase)
        || char.IsPunctuation(instruction[0]) || char.IsSymbol(instruction[0])
        || (!char.IsAscii(instruction[0]) && !RougeTokenizer.IsUnspaced(instruction));

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
