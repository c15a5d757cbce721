namespace ZephyrML.Teacher;

/// <summary>How <see cref="SelfInstructGenerator"/> grows dialogues from seeds. The filters are those of Self-Instruct (arXiv 2212.10560).</summary>
public sealed class SelfInstructOptions
{
    /// <summary>How many dialogues are wanted, the seeds' own included; null, the default: what one pass over the seeds gives.</summary>
    public int? TargetSize { get; set; }

    /// <summary>How often each seed's instruction is refined in a pass, each time from the last one and its answer. Default: 1, as in the Zephyr paper.</summary>
    public int Rounds { get; set; } = 1;

    /// <summary>A new instruction whose ROUGE-L F against any earlier one is above this is dropped; 1: none is. Default: 0.7.</summary>
    public double MaxRougeL { get; set; } = 0.7;

    /// <summary>A JSONL file to which every dialogue is appended, and from which the next run goes on after a kill; null, the default: none.</summary>
    public string? ContinueFrom { get; set; }

    /// <summary>New instructions with fewer words are dropped. Default: 4.</summary>
    public int MinWords { get; set; } = 4;

    /// <summary>New instructions with more words are dropped. Default: 150.</summary>
    public int MaxWords { get; set; } = 150;

    /// <summary>New instructions that hold one of these words or phrases are dropped: a language model cannot do them. Default: Self-Instruct's list.</summary>
    public IReadOnlyList<string> Keywords { get; set; } = ["image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw", "plot", "go to"];

    /// <summary>Whether new instructions are dropped that start with "Write a program", with punctuation, or (in scripts with spaces) with a non-ASCII sign. Default: true, as in Self-Instruct.</summary>
    public bool DropBadStarts { get; set; } = true;

    /// <summary>The teacher's temperature; null: the server's own. Default: 0.7, as in Self-Instruct.</summary>
    public float? Temperature { get; set; } = 0.7f;

    /// <summary>The longest instruction or answer, in tokens; null: the server's own. What it cuts short is dropped. Default: 1024, as in Self-Instruct.</summary>
    public int? MaxOutputTokens { get; set; } = 1024;

    /// <summary>A system prompt for the answers; it becomes the dialogue's system turn. Default: null, none.</summary>
    public string? SystemPrompt { get; set; }

    /// <summary>How many dialogues are worked on at once; never more than there are seeds. What comes out does not depend on it. Default: 16.</summary>
    public int MaxConcurrency { get; set; } = 16;

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(SelfInstructOptions))
        .Require(TargetSize is null or >= 1, $"TargetSize must be 1 or more, not {TargetSize}.")
        .Require(Rounds >= 0, $"Rounds must be 0 or more, not {Rounds}.")
        .Require(MaxRougeL is > 0 and <= 1, $"MaxRougeL must be above 0 and at most 1, not {MaxRougeL}.")
        .Require(ContinueFrom is null || !string.IsNullOrWhiteSpace(ContinueFrom), "ContinueFrom must be the path of a file.")
        .Require(MinWords >= 0 && MaxWords >= MinWords, $"MinWords ({MinWords}) must be 0 or more, and MaxWords ({MaxWords}) not below it.")
        .Require(Keywords is not null && !Keywords.Any(string.IsNullOrWhiteSpace), "Keywords must not hold empty ones.")
        .Require(Temperature is null or (>= 0 and <= 2), $"Temperature must be between 0 and 2, not {Temperature}.")
        .Require(MaxOutputTokens is null or >= 1, $"MaxOutputTokens must be 1 or more, not {MaxOutputTokens}.")
        .Require(MaxConcurrency >= 1, $"MaxConcurrency must be 1 or more, not {MaxConcurrency}.")
        .Throw();

    internal SelfInstructOptions Copy()
    {
        var copy = (SelfInstructOptions)MemberwiseClone();
        copy.Keywords = Keywords is null ? null! : [.. Keywords];
        return copy;
    }
}
