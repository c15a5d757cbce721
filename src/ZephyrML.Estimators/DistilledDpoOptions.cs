using System.Globalization;
using ZephyrML.LanguageModels;
using ZephyrML.Training;

namespace ZephyrML;

/// <summary>Options of <c>z.DistilledDpo</c>: those of the trainer, and which student, columns and template it uses.</summary>
public sealed class DistilledDpoOptions : DpoOptions
{
    /// <summary>
    /// The folder of the model to start from, where neither the data's schema carries a student (a DistilledSft stage before this one) nor one is given as an argument;
    /// null: one of those. Default null.
    /// </summary>
    public string? BaseModel { get; set; }

    /// <summary>The chat template by name (zephyr, chatml); null: the starting student's. Default null.</summary>
    public string? ChatTemplate { get; set; }

    /// <summary>A system turn put before every context that has none, in training and at scoring; null: the starting student's. Default null.</summary>
    public string? SystemPrompt { get; set; }

    /// <summary>The column of prompts. Default Prompt.</summary>
    public string PromptColumn { get; set; } = ZephyrColumns.Prompt;

    /// <summary>The column of dialogues; where a row has one, it is the context instead of the prompt. Default Messages.</summary>
    public string MessagesColumn { get; set; } = ZephyrColumns.Messages;

    /// <summary>The column of the better answers. Default Chosen.</summary>
    public string ChosenColumn { get; set; } = ZephyrColumns.Chosen;

    /// <summary>The column of the worse answers. Default Rejected.</summary>
    public string RejectedColumn { get; set; } = ZephyrColumns.Rejected;

    /// <summary>The column that the student writes. Default Reply.</summary>
    public string ReplyColumn { get; set; } = ZephyrColumns.Reply;

    /// <summary>Share of the usable pairs that is held out and evaluated before, during and after training; 0: none. Default 0.</summary>
    public double EvaluationFraction { get; set; }

    /// <summary>Tokens after which a reply ends at the latest; null: as the starting student. Default null.</summary>
    public int? MaxNewTokens { get; set; }

    /// <summary>Sampling temperature of replies; 0 takes the likeliest token each time; null: as the starting student. Default null.</summary>
    public double? Temperature { get; set; }

    /// <summary>Rows that are answered together; null: as the starting student. Default null.</summary>
    public int? ReplyBatchSize { get; set; }

    /// <summary>
    /// How replies are generated, in full: samplers, penalties, stop strings. Where it is given, MaxNewTokens, Temperature and ReplyBatchSize (its BatchSize) are said in it and nowhere else;
    /// its Seed, where it is not 0, replaces the one that derives from the run's. null: as the starting student answers. Default null.
    /// </summary>
    public LanguageModels.GenerationOptions? Generation { get; set; }

    /// <summary>
    /// Train a new low-rank adapter instead of the weights, which stay as they are; an adapter that the start has is merged into them first. The reference is then the start without adapter. Null: all weights are trained, or where
    /// the start has an adapter that adapter, held to a frozen copy of itself. Default null.
    /// </summary>
    public LoraOptions? Adapter { get; set; }

    /// <summary>
    /// Hold the linear layers of what the adapter is laid on in four bits (QLoRA): a seventh of their memory. The student answers with the quantised layers; saved and merged are the whole ones, which are read again
    /// from where they came from. Works with an adapter only. Default null: as the start.
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
        if (EvaluationFraction is not (>= 0 and < 1))
            yield return string.Create(CultureInfo.InvariantCulture, $"{nameof(EvaluationFraction)} must be at least 0 and below 1, not {EvaluationFraction}.");
        foreach (var problem in Fitting.StudentOptionProblems.Of(Generation, (nameof(MaxNewTokens), MaxNewTokens is not null), (nameof(Temperature), Temperature is not null), (nameof(ReplyBatchSize), ReplyBatchSize is not null)))
            yield return problem;
        if (GpuDeviceId is < 0)
            yield return $"{nameof(GpuDeviceId)} must be null or at least 0, not {GpuDeviceId}.";
        foreach (var problem in Fitting.StudentOptionProblems.OfAdapter(Adapter, Quantization))
            yield return problem;
        foreach (var problem in Fitting.StudentOptionProblems.Of(MaxNewTokens ?? 1, Temperature ?? 0, ReplyBatchSize ?? 1, ChatTemplate,
            (nameof(PromptColumn), PromptColumn), (nameof(MessagesColumn), MessagesColumn), (nameof(ChosenColumn), ChosenColumn),
            (nameof(RejectedColumn), RejectedColumn), (nameof(ReplyColumn), ReplyColumn)))
            yield return problem;
    }
}
