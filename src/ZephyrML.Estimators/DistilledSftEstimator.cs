using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZephyrML.Fitting;
using ZephyrML.LanguageModels;
using ZephyrML.Teacher;
using ZephyrML.Training;
using ZephyrML.Transforms;
using ZephyrML.Transforms.Rows;
using ZephyrML.Transforms.Students;

namespace ZephyrML;

/// <summary>
/// Distilled supervised fine-tuning (dSFT, arXiv 2310.16944, section 3): a base model learns the dialogues that the teacher wrote. Rows without a response or a dialogue
/// are passed over. Made by <c>z.DistilledSft</c>.
/// </summary>
public sealed class DistilledSftEstimator : IEstimator<StudentTransformer>
{
    private const string Stage = "dSFT";

    private readonly StageContext _context;
    private readonly DistilledSftOptions _options;

    internal DistilledSftEstimator(StageContext context, DistilledSftOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _context = context;
        _options = (DistilledSftOptions)options.Copy();
    }

    /// <summary>What the last Fit reported, step by step; null before.</summary>
    public SftResult? LastResult { get; private set; }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var ml = _context.Ml;
        if (StageShape.Has(inputSchema, _options.MessagesColumn))
        {
            StageShape.Require(ml, inputSchema, _options.MessagesColumn, ColumnKind.Text);
            StageShape.Allow(ml, inputSchema, _options.PromptColumn, ColumnKind.Text);
            StageShape.Allow(ml, inputSchema, _options.ResponseColumn, ColumnKind.Text);
        }
        else
        {
            StageShape.Require(ml, inputSchema, _options.PromptColumn, ColumnKind.Text);
            StageShape.Require(ml, inputSchema, _options.ResponseColumn, ColumnKind.Text);
        }
        return StageShape.Add(ml, inputSchema, _options.ReplyColumn, ColumnKind.Text);
    }

    /// <summary>Trains; with a CheckpointFolder it goes on where an earlier Fit of the same data and options was stopped, and only loads what was finished. The data is read once.</summary>
    /// <param name="input">Data with Prompt and Response, or with Messages.</param>
    /// <returns>The student. Whoever disposes it last frees its weights.</returns>
    public StudentTransformer Fit(IDataView input) => Fit(input, null);

    /// <summary>Trains, and evaluates on data of its own before, during and after.</summary>
    /// <param name="input">Data with Prompt and Response, or with Messages.</param>
    /// <param name="evaluation">Data to evaluate on; null: the share of the input that option EvaluationFraction says.</param>
    /// <returns>The student. Whoever disposes it last frees its weights.</returns>
    public StudentTransformer Fit(IDataView input, IDataView? evaluation)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (InputColumn.Find(input.Schema, _options.MessagesColumn, ColumnKind.Text) is null)
        {
            InputColumn.Require(input.Schema, _options.PromptColumn, ColumnKind.Text);
            InputColumn.Require(input.Schema, _options.ResponseColumn, ColumnKind.Text);
        }
        using var channel = ((IChannelProvider)_context.Ml).Start("DistilledSft");
        var log = new FitLog(channel, _context);
        var seed = _options.Seed ?? FitContext.SeedOfCheckpoints(_options) ?? SeedStream.Derive(_context.Seed, Stage);
        var start = StudentStart.FromFolder(_options.BaseModel!, _options.ChatTemplate, _options.Adapter, _options.Quantization, ComputePlace.Of(_context.Ml, _options.GpuDeviceId, _options.Precision, log), seed);
        try
        {
            using var rows = TokenStore.ForSft();
            using var held = TokenStore.ForSft();
            var skipped = Read(start.Model, input, rows, held, evaluation is null ? new RowSplit(seed, Stage, _options.EvaluationFraction) : null);
            if (evaluation is not null)
                Read(start.Model, evaluation, held, held, null);
            rows.Complete();
            held.Complete();
            log.Rows(Stage, rows.Count, skipped, held.Count, $"no {_options.ResponseColumn} and no {_options.MessagesColumn}");
            if (rows.Count == 0)
                throw new InvalidOperationException(
                    $"DistilledSft has nothing to train on: none of {skipped + held.Count} rows has a '{_options.ResponseColumn}' or ends with an assistant's turn in '{_options.MessagesColumn}'{(held.Count > 0 ? " and is not held out" : "")}.");
            LastResult = SftTrainer.Train(start.Model.Network, rows, held.Count > 0 ? held : null, _options,
                FitContext.Of(_context, log, seed, start));
            log.Memory(Stage, LastResult);
            start.Model.WeightsChanged();
            var info = Lineage.After(start, start.Model, Stage, seed, _options, LastResult, skipped, held.Count);
            return new StudentTransformer(new Student(new SharedModel(start.Model), Settings(seed), info));
        }
        catch
        {
            start.Model.Dispose();
            throw;
        }
    }

    private int Read(LanguageModel model, IDataView data, TokenStore<SftRow> rows, TokenStore<SftRow> held, RowSplit? split)
    {
        var skipped = 0;
        foreach (var (row, texts) in RowSource.Read(data, _context.CancellationToken, _options.PromptColumn, _options.MessagesColumn, _options.ResponseColumn))
        {
            if (Conversation.Dialogue(texts[0], texts[1], texts[2], _options.SystemPrompt, row) is not { } turns)
            {
                skipped++;
                continue;
            }
            var chat = ChatTokenizer.Encode(model.Tokenizer, model.Template, turns);
            (split?.IsHeldOut(row) == true ? held : rows).Add(new SftRow(chat.Ids, chat.Supervised));
        }
        return skipped;
    }

    private StudentSettings Settings(int seed) => new StudentSettings
    {
        PromptColumn = _options.PromptColumn,
        MessagesColumn = _options.MessagesColumn,
        ReplyColumn = _options.ReplyColumn,
        SystemPrompt = _options.SystemPrompt,
        MaxNewTokens = _options.MaxNewTokens,
        Temperature = _options.Temperature,
        GenerationSeed = SeedStream.Derive(seed, "reply"),
        ReplyBatchSize = _options.ReplyBatchSize,
    }.With(_options.Generation);
}
