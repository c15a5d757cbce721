namespace ZephyrML.Teacher;

/// <summary>How <see cref="SelfInstructGenerator"/> grows dialogues from seeds. The filters are those of Self-Instruct (arXiv 2212.10560) and of the Zephyr paper.</summary>
public sealed class SelfInstructOptions
{
    /// <summary>How many dialogues are wanted, the seeds' own included; null, the default: what one pass over the seeds gives.</summary>
    public int? TargetSize { get; set; }

    /// <summary>How many rounds a dialogue has: a round is a user's turn and its answer. From the second one on, the teacher plays the user too, as in UltraChat (which has 3 to 7, or 2 to 4). Default: 1.</summary>
    public int Rounds { get; set; } = 1;

    /// <summary>Where dialogues are to differ in length: each has between <see cref="Rounds"/> and so many rounds, drawn by <see cref="Seed"/>. Default: null, all have <see cref="Rounds"/>.</summary>
    public int? MaxRounds { get; set; }

    /// <summary>How often each seed's instruction is refined in a pass, each time from the last one and its answer; 0: the seeds are answered, and that is all. Default: 1, as in the Zephyr paper.</summary>
    public int Refinements { get; set; } = 1;

    /// <summary>How many other instructions a refinement is shown. Default: 8, as in Self-Instruct; fewer where there are no more.</summary>
    public int InContextExamples { get; set; } = 8;

    /// <summary>How many of those are instructions that the teacher made, as far as there are any. Default: 2, as in Self-Instruct.</summary>
    public int MachineMadeExamples { get; set; } = 2;

    /// <summary>A new instruction whose ROUGE-L F against any earlier one is above this is dropped; 1: none is. Default: 0.7.</summary>
    public double MaxRougeL { get; set; } = 0.7;

    /// <summary>A JSONL file to which every dialogue is appended, and from which the next run goes on after a kill; null, the default: none.</summary>
    public string? ContinueFrom { get; set; }

    /// <summary>New instructions with fewer words are dropped. Default: 4.</summary>
    public int MinWords { get; set; } = 4;

    /// <summary>New instructions, and turns of the simulated user, with more words are dropped. Default: 150.</summary>
    public int MaxWords { get; set; } = 150;

    /// <summary>New instructions that hold one of these words or phrases are dropped: a language model cannot do them. Default: Self-Instruct's list, and the same in Chinese.</summary>
    public IReadOnlyList<string> Keywords { get; set; } =
        ["image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw", "plot", "go to", "图片", "图像", "照片", "图表", "文件", "地图", "绘制", "画一"];

    /// <summary>Whether new instructions are dropped that start with "Write a program", with punctuation, or (in Latin script) with a non-ASCII sign. Default: true, as in Self-Instruct.</summary>
    public bool DropBadStarts { get; set; } = true;

    /// <summary>Whether answers are dropped in which the teacher speaks of itself or declines (<see cref="Refusals"/>). Default: true, as in the Zephyr paper.</summary>
    public bool DropRefusals { get; set; } = true;

    /// <summary>Further phrases that make an answer a refusal, whatever their case. Default: none.</summary>
    public IReadOnlyList<string> RefusalPhrases { get; set; } = [];

    /// <summary>Whether the capitals of what the teacher wrote are repaired where it wrote without any, or in nothing else. Default: true, as in the Zephyr paper.</summary>
    public bool Truecase { get; set; } = true;

    /// <summary>The teacher's temperature; null: the server's own. Default: 0.7, as in Self-Instruct.</summary>
    public float? Temperature { get; set; } = 0.7f;

    /// <summary>The longest instruction or answer, in tokens; null: the server's own. What it cuts short is dropped. Default: 1024, as in Self-Instruct.</summary>
    public int? MaxOutputTokens { get; set; } = 1024;

    /// <summary>A system prompt for the answers; it becomes the dialogue's system turn. Default: null, none.</summary>
    public string? SystemPrompt { get; set; }

    /// <summary>How many dialogues are worked on at once; never more than there are seeds. What comes out does not depend on it. Default: 16.</summary>
    public int MaxConcurrency { get; set; } = 16;

    /// <summary>The seed of the drawn examples and lengths. A number of its own, not the catalog's: a run that goes on in another process must draw the same. Default: 0.</summary>
    public int Seed { get; set; }

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(SelfInstructOptions))
        .Require(TargetSize is null or >= 1, $"TargetSize must be 1 or more, not {TargetSize}.")
        .Require(Rounds >= 1, $"Rounds must be 1 or more, not {Rounds}.")
        .Require(MaxRounds is null || MaxRounds >= Rounds, $"MaxRounds must not be below Rounds ({Rounds}), as {MaxRounds} is.")
        .Require(Refinements >= 0, $"Refinements must be 0 or more, not {Refinements}.")
        .Require(InContextExamples >= 0, $"InContextExamples must be 0 or more, not {InContextExamples}.")
        .Require(MachineMadeExamples >= 0, $"MachineMadeExamples must be 0 or more, not {MachineMadeExamples}.")
        .Require(MaxRougeL is > 0 and <= 1, $"MaxRougeL must be above 0 and at most 1, not {MaxRougeL}.")
        .Require(ContinueFrom is null || !string.IsNullOrWhiteSpace(ContinueFrom), "ContinueFrom must be the path of a file.")
        .Require(MinWords >= 0 && MaxWords >= MinWords, $"MinWords ({MinWords}) must be 0 or more, and MaxWords ({MaxWords}) not below it.")
        .Require(Keywords is not null && !Keywords.Any(string.IsNullOrWhiteSpace), "Keywords must not hold empty ones.")
        .Require(RefusalPhrases is not null && !RefusalPhrases.Any(string.IsNullOrWhiteSpace), "RefusalPhrases must not hold empty ones.")
        .Require(Temperature is null or (>= 0 and <= 2), $"Temperature must be between 0 and 2, not {Temperature}.")
        .Require(MaxOutputTokens is null or >= 1, $"MaxOutputTokens must be 1 or more, not {MaxOutputTokens}.")
        .Require(MaxConcurrency >= 1, $"MaxConcurrency must be 1 or more, not {MaxConcurrency}.")
        .Throw();

    internal SelfInstructOptions Copy()
    {
        var copy = (SelfInstructOptions)MemberwiseClone();
        copy.Keywords = Keywords is null ? null! : [.. Keywords];
        copy.RefusalPhrases = RefusalPhrases is null ? null! : [.. RefusalPhrases];
        return copy;
    }
}
