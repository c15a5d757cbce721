using System.Globalization;
using ZephyrML.LanguageModels;
using ZephyrML.Training;

namespace ZephyrML;

/// <summary>Options of <c>z.DistilledSft</c>: those of the trainer, and which model, columns and template it uses.</summary>
public sealed class DistilledSftOptions : SftOptions
{
    /// <summary>The folder of the model to start from (config.json, weights, tokenizer.json), or a GGUF file. Required.</summary>
    public string? BaseModel { get; set; }

    /// <summary>The chat template by name (zephyr, chatml); null: the one that the model's tokenizer names, else zephyr. Default null.</summary>
    public string? ChatTemplate { get; set; }

    /// <summary>A system turn put before every dialogue that has none, in training and at scoring; null: none. Default null.</summary>
    public string? SystemPrompt { get; set; }

    /// <summary>The column of prompts. Default Prompt.</summary>
    public string PromptColumn { get; set; } = ZephyrColumns.Prompt;

    /// <summary>The column of dialogues; where a row has one it is used instead of prompt and response. Default Messages.</summary>
    public string MessagesColumn { get; set; } = ZephyrColumns.Messages;

    /// <summary>The column of answers to learn. Default Response.</summary>
    public string ResponseColumn { get; set; } = ZephyrColumns.Response;

    /// <summary>
    /// A column of plain text, for rows that hold no dialogue: every token is trained on, the end of the text included, without a chat template (TRL's "text" rows). The student is asked by Prompt or Messages all the same.
    /// null: none. Default null.
    /// </summary>
    public string? TextColumn { get; set; }

    /// <summary>The column that the student writes. Default Reply.</summary>
    public string ReplyColumn { get; set; } = ZephyrColumns.Reply;

    /// <summary>Share of the usable rows that is held out and evaluated before, during and after training; 0: none. Default 0.</summary>
    public double EvaluationFraction { get; set; }

    /// <summary>Tokens after which a reply ends at the latest. Default 256.</summary>
    public int MaxNewTokens { get; set; } = 256;

    /// <summary>Sampling temperature of replies; 0 takes the likeliest token each time. Default 0.</summary>
    public double Temperature { get; set; }

    /// <summary>Rows that are answered together. Default 16.</summary>
    public int ReplyBatchSize { get; set; } = 16;

    /// <summary>
    /// How replies are generated, in full: samplers, penalties, stop strings. Where it is given, MaxNewTokens, Temperature and ReplyBatchSize (its BatchSize) are said in it and nowhere else;
    /// its Seed, where it is not 0, replaces the one that derives from the run's. null: by the three options above, greedy or plainly sampled. Default null.
    /// </summary>
    public LanguageModels.GenerationOptions? Generation { get; set; }

    /// <summary>
    /// Train a low-rank adapter instead of the weights, which stay as they are. Null: all weights are trained, or where BaseModel is an adapter's folder that adapter. Default null.
    /// </summary>
    public LoraOptions? Adapter { get; set; }

    /// <summary>
    /// Hold the linear layers of what the adapter is laid on in four bits (QLoRA): a seventh of their memory. The student answers with the quantised layers; saved and merged are the whole ones, which are read again
    /// from where they came from. Works with an adapter only. Default null: no.
    /// </summary>
    public Nf4Options? Quantization { get; set; }

    /// <summary>The GPU that trains and answers, counted from 0; null: <c>MLContext.GpuDeviceId</c>, and where that is null too the CPU. Where there is none, <c>MLContext.FallbackToCpu</c> decides. Default null.</summary>
    public int? GpuDeviceId { get; set; }

    /// <inheritdoc/>
    protected override void CopyLists()
    {
        base.CopyLists();
        (Adapter, Quantization, Generation) = (Adapter?.Copy(), Quantization?.Copy(), Generation?.Copy());
    }

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems()
    {
        foreach (var problem in base.Problems())
            yield return problem;
        if (string.IsNullOrWhiteSpace(BaseModel))
            yield return $"{nameof(BaseModel)} must name the folder or the GGUF file of the model to start from.";
        if (EvaluationFraction is not (>= 0 and < 1))
            yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(EvaluationFraction)} must be at least 0 and below 1, not {EvaluationFraction}.");
        foreach (var problem in Fitting.StudentOptionProblems.Of(Generation, (nameof(MaxNewTokens), MaxNewTokens != 256), (nameof(Temperature), Temperature != 0), (nameof(ReplyBatchSize), ReplyBatchSize != 16)))
            yield return problem;
        if (TextColumn is not null && string.IsNullOrWhiteSpace(TextColumn))
            yield return $"{nameof(TextColumn)} must name a column, or be null.";
        if (GpuDeviceId is < 0)
            yield return $"{nameof(GpuDeviceId)} must be null or at least 0, not {GpuDeviceId}.";
        foreach (var problem in Fitting.StudentOptionProblems.OfAdapter(Adapter, Quantization))
            yield return problem;
        foreach (var problem in Fitting.StudentOptionProblems.Of(MaxNewTokens, Temperature, ReplyBatchSize, ChatTemplate,
            (nameof(PromptColumn), PromptColumn), (nameof(MessagesColumn), MessagesColumn), (nameof(ResponseColumn), ResponseColumn), (nameof(ReplyColumn), ReplyColumn)))
            yield return problem;
    }
}
