using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>The sections truncation and padding of <c>tokenizer.json</c>.</summary>
internal sealed record TokenizerLimits(TruncationLimits? Truncation, PaddingLimits? Padding)
{
    /// <exception cref="InvalidDataException">A setting is not what it should be; the message names it.</exception>
    public static TokenizerLimits? Read(JsonElement root)
    {
        var truncation = TokenizerJson.Section(root, "truncation") is { } cut ? TruncationLimits.Read(cut) : null;
        var padding = TokenizerJson.Section(root, "padding") is { } fill ? PaddingLimits.Read(fill) : null;
        return truncation is null && padding is null ? null : new TokenizerLimits(truncation, padding);
    }

    /// <summary>"Left" or "Right" of a section.</summary>
    public static bool IsLeft(JsonElement section, string where) => TokenizerJson.Text(section, "direction") switch
    {
        null or "Right" => false,
        "Left" => true,
        var other => throw TokenizerJson.Unsupported($"{where} with direction '{other}'", "Left and Right"),
    };
}

/// <summary>How texts are cut, before special tokens are added.</summary>
/// <param name="MaxLength">How many tokens stay, special ones included.</param>
/// <param name="Strategy">LongestFirst, OnlyFirst or OnlySecond.</param>
/// <param name="Left">Whether the start goes, rather than the end.</param>
internal sealed record TruncationLimits(int MaxLength, string Strategy, bool Left)
{
    public static TruncationLimits Read(JsonElement section)
    {
        var strategy = TokenizerJson.Text(section, "strategy") ?? "LongestFirst";
        if (strategy is not ("LongestFirst" or "OnlyFirst" or "OnlySecond"))
            throw TokenizerJson.Unsupported($"truncation with strategy '{strategy}'", "LongestFirst, OnlyFirst and OnlySecond");
        return new TruncationLimits(TokenizerJson.Count(section, "max_length", "truncation"), strategy, TokenizerLimits.IsLeft(section, "truncation"));
    }

    /// <summary>Cuts one text or two.</summary>
    /// <exception cref="InvalidOperationException">What is to be cut is too short for it, or not there.</exception>
    public void Apply(List<TokenList> parts, int added)
    {
        var most = MaxLength - added;
        if (most < 0)
            throw new InvalidOperationException($"{TokenizerJson.FileName} cuts to {MaxLength} tokens, but the special tokens alone are {added}.");
        var total = parts.Sum(p => p.Ids.Count);
        if (total <= most)
            return;
        if (most == 0)
        {
            parts.ForEach(p => p.Keep(0, 0));
            return;
        }
        if (Strategy != "LongestFirst")
        {
            var target = Strategy == "OnlyFirst" ? 0 : 1;
            if (target >= parts.Count || parts[target].Ids.Count <= total - most)
                throw new InvalidOperationException($"{TokenizerJson.FileName} cuts to {MaxLength} tokens by the strategy {Strategy}, but {(target >= parts.Count ? "there is no second text" : "that text is too short for it")}.");
            Cut(parts[target], parts[target].Ids.Count - (total - most));
            return;
        }
        if (parts.Count == 1)
        {
            Cut(parts[0], most);
            return;
        }
        var (shorter, longer) = (Math.Min(parts[0].Ids.Count, parts[1].Ids.Count), Math.Max(parts[0].Ids.Count, parts[1].Ids.Count));
        var swapped = parts[0].Ids.Count > parts[1].Ids.Count;
        longer = shorter > most ? shorter : Math.Max(shorter, most - shorter);
        if (shorter + longer > most)
            (shorter, longer) = (most / 2, most / 2 + most % 2);
        Cut(parts[0], swapped ? longer : shorter);
        Cut(parts[1], swapped ? shorter : longer);
    }

    private void Cut(TokenList part, int most)
    {
        var count = part.Ids.Count;
        if (most < count)
            part.Keep(Left ? count - most : 0, most);
    }
}

/// <summary>How texts are filled up.</summary>
/// <param name="Length">To how many tokens; null: to that of the longest of a batch.</param>
/// <param name="MultipleOf">The length is raised to a multiple of this; 0: of nothing.</param>
/// <param name="Left">Whether the filling goes in front.</param>
/// <param name="Id">The id of the filling.</param>
/// <param name="TypeId">Its type.</param>
/// <param name="Token">Its text.</param>
internal sealed record PaddingLimits(int? Length, int MultipleOf, bool Left, int Id, int TypeId, string Token)
{
    private const int Longest = 1 << 20;

    public static PaddingLimits Read(JsonElement section)
    {
        int? length = null;
        if (TokenizerJson.Section(section, "strategy") is { ValueKind: JsonValueKind.Object } strategy)
            length = TokenizerJson.Count(strategy, "Fixed", "padding");
        else if (TokenizerJson.Text(section, "strategy") is var name && name is not (null or "BatchLongest"))
            throw TokenizerJson.Unsupported($"padding with strategy '{name}'", "BatchLongest and {\"Fixed\": length}");
        var multiple = TokenizerJson.Count(section, "pad_to_multiple_of", "padding", otherwise: 0);
        if (length > Longest || multiple > Longest)
            throw TokenizerJson.Unsupported($"padding to {Math.Max(length ?? 0, multiple)} tokens", $"up to {Longest}");
        return new PaddingLimits(
            length, multiple, TokenizerLimits.IsLeft(section, "padding"), TokenizerJson.Count(section, "pad_id", "padding", otherwise: 0),
            TokenizerJson.Count(section, "pad_type_id", "padding", otherwise: 0), TokenizerJson.Text(section, "pad_token") ?? "[PAD]");
    }

    /// <summary>How many tokens of filling a text of so many tokens gets.</summary>
    public int Missing(int count)
    {
        var length = Math.Max(Length ?? 0, Length is null ? count : 0);
        if (MultipleOf > 0 && length % MultipleOf > 0)
            length += MultipleOf - length % MultipleOf;
        return Math.Max(0, length - count);
    }
}
