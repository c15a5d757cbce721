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
        if (_options.TextColumn is { } text)
        {
            StageShape.Require(ml, inputSchema, text, ColumnKind.Text);
            foreach (var column in new[] { _options.MessagesColumn, _options.PromptColumn, _options.ResponseColumn })
                StageShape.Allow(ml, inputSchema, column, ColumnKind.Text);
        }
        else if (StageShape.Has(inputSchema, _options.MessagesColumn))
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
    /// <param name="input">Data with Prompt and Response, with Messages, or with the text of option TextColumn.</param>
    /// <returns>The student. Whoever disposes it last frees its weights.</returns>
    public StudentTransformer Fit(IDataView input) => Fit(input, null);

    /// <summary>Trains, and evaluates on data of its own before, during and after.</summary>
    /// <param name="input">Data with Prompt and Response, with Messages, or with the text of option TextColumn.</param>
    /// <param name="evaluation">Data to evaluate on; null: the share of the input that option EvaluationFraction says.</param>
    /// <returns>The student. Whoever disposes it last frees its weights.</returns>
    public StudentTransformer Fit(IDataView input, IDataView? evaluation)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (_options.TextColumn is { } text)
        {
            InputColumn.Require(input.Schema, text, ColumnKind.Text);
        }
        else if (InputColumn.Find(input.Schema, _options.MessagesColumn, ColumnKind.Text) is null)
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
            log.Rows(Stage, rows.Count, skipped, held.Count, $"no {_options.ResponseColumn} and no {_options.MessagesColumn}{(_options.TextColumn is null ? "" : $" and no {_options.TextColumn}")}");
            if (rows.Count == 0)
                throw new InvalidOperationException(
                    $"DistilledSft has nothing to train on: none of {skipped + held.Count} rows has a '{_options.ResponseColumn}' or ends with an assistant's turn in '{_options.MessagesColumn}'{(_options.TextColumn is null ? "" : $" or has a '{_options.TextColumn}'")}{(held.Count > 0 ? " and is not held out" : "")}.");
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
        foreach (var (row, texts) in RowSource.Read(data, _context.CancellationToken, [_options.PromptColumn, _options.MessagesColumn, _options.ResponseColumn, .. _options.TextColumn is { } column ? new[] { column } : []]))
        {
            SftRow encoded;
            if (Conversation.Dialogue(texts[0], texts[1], texts[2], _options.SystemPrompt, row) is { } turns)
            {
                var chat = ChatTokenizer.Encode(model.Tokenizer, model.Template, turns);
                encoded = new SftRow(chat.Ids, chat.Supervised);
            }
            else if (texts.Length > 3 && texts[3].Length > 0)
            {
                encoded = PlainText(model.Tokenizer, texts[3]);
            }
            else
            {
                skipped++;
                continue;
            }
            (split?.IsHeldOut(row) == true ? held : rows).Add(encoded);
        }
        return skipped;
    }

    /// <summary>The text's tokens, with those that the tokenizer puts around a text and the end token behind it, all of them learned: as TRL's rows of "text".</summary>
    private static SftRow PlainText(LanguageModelTokenizer tokenizer, string text)
    {
        var ids = tokenizer.Encode(text, addSpecialTokens: true);
        if (tokenizer.EosTokenId is { } end && (ids.Length == 0 || ids[^1] != end))
            ids = [.. ids, end];
        return new SftRow(ids, [.. ids.Select(_ => true)]);
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
