namespace ZephyrML;

/// <summary>How a student answers as a chat client. What a call's <c>ChatOptions</c> say comes first.</summary>
public sealed class StudentChatOptions
{
    /// <summary>The model's name in metadata and responses, and so in the key of a response cache; null: <c>student-</c> and the beginning of a hash of all its files. Default null.</summary>
    public string? Name { get; set; }

    /// <summary>How many calls are answered at once; others wait until one of them ends. Default 16.</summary>
    public int MaxBatchSize { get; set; } = 16;

    /// <summary>How replies are generated where a call does not say; null: as the student answers rows of data. Default null. Its BatchSize and FirstRow do not count.</summary>
    public LanguageModels.GenerationOptions? Generation { get; set; }

    /// <summary>A system turn for conversations that have none; null: the one that the student was trained with, if any. Default null.</summary>
    public string? SystemPrompt { get; set; }

    internal StudentChatOptions Copy()
    {
        var faults = new List<string>();
        if (Name is not null && string.IsNullOrWhiteSpace(Name))
            faults.Add($"{nameof(Name)} is blank, expected a name or null");
        if (MaxBatchSize is < 1 or > 1024)
            faults.Add($"{nameof(MaxBatchSize)} is {MaxBatchSize}, expected 1 to 1024");
        faults.AddRange(Generation?.Problems().Select(problem => $"{nameof(Generation)}.{problem}") ?? []);
        if (faults.Count > 0)
            throw new ArgumentException($"{nameof(StudentChatOptions)}: {string.Join("; ", faults)}.");
        var copy = (StudentChatOptions)MemberwiseClone();
        copy.Generation = Generation?.Copy();
        return copy;
    }
}
