using ZephyrML.LanguageModels;

namespace ZephyrML.Transforms.Students;

/// <summary>How a student reads rows and answers; saved with it.</summary>
internal sealed record StudentSettings
{
    public string PromptColumn { get; init; } = ZephyrColumns.Prompt;

    public string MessagesColumn { get; init; } = ZephyrColumns.Messages;

    public string ReplyColumn { get; init; } = ZephyrColumns.Reply;

    public string? SystemPrompt { get; init; }

    public int MaxNewTokens { get; init; } = 256;

    public double Temperature { get; init; }

    public int GenerationSeed { get; init; }

    public int ReplyBatchSize { get; init; } = 16;

    /// <summary>All that the short settings above do not say; null: defaults.</summary>
    public GenerationOptions? Generation { get; init; }

    /// <summary>How the reply to a row is generated.</summary>
    public GenerationOptions Options(long row)
    {
        var options = Generation?.Copy() ?? new GenerationOptions();
        (options.MaxNewTokens, options.Temperature, options.BatchSize) = (MaxNewTokens, Temperature, ReplyBatchSize);
        (options.Seed, options.FirstRow) = (GenerationSeed, row);
        return options;
    }
}
