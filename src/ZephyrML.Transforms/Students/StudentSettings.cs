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

    public long GenerationSeed { get; init; }

    public int ReplyBatchSize { get; init; } = 16;

    /// <summary>All that the short settings above do not say; null: defaults.</summary>
    public GenerationOptions? Generation { get; init; }

    /// <summary>The same, but answering as these options say; null: as it is.</summary>
    public StudentSettings With(GenerationOptions? generation) => generation is null ? this : this with
    {
        Generation = generation.Copy(),
        MaxNewTokens = generation.MaxNewTokens,
        Temperature = generation.Temperature,
        ReplyBatchSize = generation.BatchSize,
        GenerationSeed = generation.Seed != 0 ? generation.Seed : GenerationSeed,
    };

    /// <summary>How the reply to a row is generated.</summary>
    public GenerationOptions Options(long row)
    {
        var options = Generation?.Copy() ?? new GenerationOptions();
        (options.MaxNewTokens, options.Temperature, options.BatchSize) = (MaxNewTokens, Temperature, ReplyBatchSize);
        options.MinNewTokens = Math.Min(options.MinNewTokens, MaxNewTokens);
        (options.Seed, options.FirstRow) = (GenerationSeed, row);
        return options;
    }
}
