namespace ZephyrML.LanguageModels;

/// <summary>Options of <see cref="BpeTrainer"/>.</summary>
public sealed class BpeTrainerOptions
{
    /// <summary>Tokens in all, special ones and the 256 bytes included. Training stops earlier where no pair is left. Default 4096.</summary>
    public int VocabularySize { get; set; } = 4096;

    /// <summary>
    /// The chat template that the tokenizer is for: its special tokens and role markers become one token each, its end of turn the end-of-sequence token, and its text
    /// is written to <c>tokenizer_config.json</c>. Null for none. Default <c>zephyr</c>.
    /// </summary>
    public string? TemplateName { get; set; } = "zephyr";

    /// <summary>Further special tokens, each one token, that training text never splits. Default none.</summary>
    public IReadOnlyList<string> SpecialTokens { get; set; } = [];

    /// <summary>The begin-of-sequence token. It is put in front of an encoded text where the caller asks for special tokens. Null for none. Default <c>&lt;s&gt;</c>.</summary>
    public string? BosToken { get; set; } = "<s>";

    /// <summary>The end-of-sequence token; null takes the template's end of turn, or <c>&lt;/s&gt;</c> without a template. Default null.</summary>
    public string? EosToken { get; set; }

    /// <summary>The padding token, null for none. Default <c>&lt;pad&gt;</c>.</summary>
    public string? PadToken { get; set; } = "<pad>";

    /// <summary>The unknown token. Byte-level text never needs it, so it is only a name that other tools look for. Null for none. Default null.</summary>
    public string? UnkToken { get; set; }

    /// <summary>A pair that occurs less often than this is never merged. Default 2.</summary>
    public int MinFrequency { get; set; } = 2;

    /// <summary>Whether every digit is a token of its own, which helps a small model to copy numbers and reckon with them. Default true.</summary>
    public bool SplitDigits { get; set; } = true;

    /// <summary>Tokens longer than this many bytes are not made. Default 32.</summary>
    public int MaxTokenLength { get; set; } = 32;

    internal ChatTemplate? Template => TemplateName is null ? null : ChatTemplate.Get(TemplateName);

    internal string Eos => EosToken ?? Template?.EndOfTurn ?? "</s>";

    /// <summary>All special tokens, in the order of their ids.</summary>
    internal IReadOnlyList<string> AllSpecialTokens()
    {
        IEnumerable<string?> tokens = [UnkToken, BosToken, Eos, PadToken, .. Template?.SpecialTokens ?? [], .. Template?.RoleMarkers ?? [], .. SpecialTokens ?? []];
        return [.. tokens.OfType<string>().Distinct()];
    }

    internal BpeTrainerOptions Copy()
    {
        var copy = (BpeTrainerOptions)MemberwiseClone();
        copy.SpecialTokens = [.. SpecialTokens];
        return copy;
    }

    /// <summary>Checks all settings at once.</summary>
    /// <exception cref="ArgumentException">Settings are wrong; the message lists each.</exception>
    public void Validate()
    {
        var problems = new List<string>();
        if (SpecialTokens is null)
            problems.Add("SpecialTokens is null");
        if (TemplateName is not null && ChatTemplate.All.All(t => !string.Equals(t.Name, TemplateName, StringComparison.OrdinalIgnoreCase)))
        {
            problems.Add($"TemplateName is '{TemplateName}'; known are {string.Join(", ", ChatTemplate.All.Select(t => t.Name))}");
        }
        else
        {
            if (Template == ChatTemplate.Zephyr && Eos != Template.EndOfTurn)
                problems.Add($"EosToken is '{Eos}'; expected '{Template.EndOfTurn}', with which the template 'zephyr' ends a turn");
            if (AllSpecialTokens().Any(string.IsNullOrWhiteSpace))
                problems.Add("a special token is empty or blank");
            var least = 256 + AllSpecialTokens().Count;
            if (VocabularySize < least)
                problems.Add($"VocabularySize is {VocabularySize}; expected at least {least} (256 bytes and {least - 256} special tokens)");
        }
        if (MinFrequency < 1)
            problems.Add($"MinFrequency is {MinFrequency}; expected 1 or more");
        if (MaxTokenLength < 1)
            problems.Add($"MaxTokenLength is {MaxTokenLength}; expected 1 or more");
        if (problems.Count > 0)
            throw new ArgumentException("The BPE trainer's options do not work: " + string.Join("; ", problems) + ".");
    }
}
