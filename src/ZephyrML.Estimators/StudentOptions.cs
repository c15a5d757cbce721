using ZephyrML.LanguageModels;

namespace ZephyrML;

/// <summary>How <c>z.LoadStudent</c> reads a model, and how the student reads rows and answers.</summary>
public sealed class StudentOptions
{
    /// <summary>The chat template by name (zephyr, chatml); null: the one that the model's files name. Default null.</summary>
    public string? ChatTemplate { get; set; }

    /// <summary>Where the folder holds an adapter: the folder of the model that it belongs to; null: the one that the adapter's configuration names. Default null.</summary>
    public string? BaseModel { get; set; }

    /// <summary>Hold the linear layers in four bits; null: as they are stored. Default null.</summary>
    public Nf4Options? Quantization { get; set; }

    /// <summary>A system turn put before every context that has none; null: none. Default null.</summary>
    public string? SystemPrompt { get; set; }

    /// <summary>The column of prompts. Default Prompt.</summary>
    public string PromptColumn { get; set; } = ZephyrColumns.Prompt;

    /// <summary>The column of dialogues; where a row has one, it is the context instead of the prompt. Default Messages.</summary>
    public string MessagesColumn { get; set; } = ZephyrColumns.Messages;

    /// <summary>The column that the student writes. Default Reply.</summary>
    public string ReplyColumn { get; set; } = ZephyrColumns.Reply;

    /// <summary>Tokens after which a reply ends at the latest. Default 256.</summary>
    public int MaxNewTokens { get; set; } = 256;

    /// <summary>Sampling temperature of replies; 0 takes the likeliest token each time. Default 0.</summary>
    public double Temperature { get; set; }

    /// <summary>Rows that are answered together. Default 16.</summary>
    public int ReplyBatchSize { get; set; } = 16;

    /// <summary>
    /// How replies are generated, in full: samplers, penalties, stop strings. Where it is given, MaxNewTokens, Temperature and ReplyBatchSize (its BatchSize) are said in it and nowhere else; its Seed 0 means the one that
    /// follows from <see cref="Seed"/>. Default null.
    /// </summary>
    public GenerationOptions? Generation { get; set; }

    /// <summary>Seed of sampled replies; null: derived from the catalog's. Default null.</summary>
    public int? Seed { get; set; }

    internal void Validate()
    {
        var problems = Fitting.StudentOptionProblems.Of(MaxNewTokens, Temperature, ReplyBatchSize, ChatTemplate, (nameof(PromptColumn), PromptColumn), (nameof(MessagesColumn), MessagesColumn), (nameof(ReplyColumn), ReplyColumn))
            .Concat(Fitting.StudentOptionProblems.OfAdapter(null, Quantization))
            .Concat(Fitting.StudentOptionProblems.Of(Generation, (nameof(MaxNewTokens), MaxNewTokens != 256), (nameof(Temperature), Temperature != 0), (nameof(ReplyBatchSize), ReplyBatchSize != 16))).ToList();
        if (problems.Count > 0)
            throw new ArgumentException($"{nameof(StudentOptions)}: {(problems.Count == 1 ? "an option is" : $"{problems.Count} options are")} wrong. {string.Join(" ", problems)}");
    }
}
