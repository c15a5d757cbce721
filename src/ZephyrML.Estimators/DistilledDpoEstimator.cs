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
/// Distilled direct preference optimisation (dDPO, arXiv 2310.16944, section 3): a student learns to prefer the chosen answers to the rejected ones, against itself as it
/// was. It starts from a copy of the student that the data's schema carries, of one given as an argument, or from a folder. Rows without a pair are passed over. Made by
/// <c>z.DistilledDpo</c>.
/// </summary>
public sealed class DistilledDpoEstimator : IEstimator<StudentTransformer>
{
    internal const string Stage = "dDPO";

    private readonly StageContext _context;
    private readonly StudentTransformer? _start;
    private readonly DistilledDpoOptions _options;

    internal DistilledDpoEstimator(StageContext context, StudentTransformer? start, DistilledDpoOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (start is not null && options.BaseModel is not null)
            throw new ArgumentException($"DistilledDpo has two models to start from: the student given as its argument and option BaseModel ('{options.BaseModel}'). Set BaseModel to null, or leave the student out.");
        _context = context;
        _start = start;
        _options = (DistilledDpoOptions)options.Copy();
    }

    /// <summary>What the last Fit reported, step by step; null before.</summary>
    public DpoResult? LastResult { get; private set; }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var ml = _context.Ml;
        StageShape.Allow(ml, inputSchema, _options.MessagesColumn, ColumnKind.Text);
        if (!StageShape.Has(inputSchema, _options.MessagesColumn))
            StageShape.Require(ml, inputSchema, _options.PromptColumn, ColumnKind.Text);
        StageShape.Require(ml, inputSchema, _options.ChosenColumn, ColumnKind.Text);
        StageShape.Require(ml, inputSchema, _options.RejectedColumn, ColumnKind.Text);
        return StageShape.Add(ml, inputSchema, _options.ReplyColumn, ColumnKind.Text);
    }

    /// <summary>Trains; with a CheckpointFolder it goes on where an earlier Fit of the same data and options was stopped, and only loads what was finished. The data is read once; the student that it starts from stays as it is.</summary>
    /// <param name="input">Data with Prompt (or Messages), Chosen and Rejected.</param>
    /// <returns>The student. Whoever disposes it last frees its weights.</returns>
    public StudentTransformer Fit(IDataView input) => Fit(input, null);

    /// <summary>Trains, and evaluates on data of its own before, during and after.</summary>
    /// <param name="input">Data with Prompt (or Messages), Chosen and Rejected.</param>
    /// <param name="evaluation">Data to evaluate on; null: the share of the input that option EvaluationFraction says.</param>
    /// <returns>The student. Whoever disposes it last frees its weights.</returns>
    public StudentTransformer Fit(IDataView input, IDataView? evaluation)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (InputColumn.Find(input.Schema, _options.MessagesColumn, ColumnKind.Text) is null)
            InputColumn.Require(input.Schema, _options.PromptColumn, ColumnKind.Text);
        InputColumn.Require(input.Schema, _options.ChosenColumn, ColumnKind.Text);
        InputColumn.Require(input.Schema, _options.RejectedColumn, ColumnKind.Text);
        using var channel = ((IChannelProvider)_context.Ml).Start("DistilledDpo");
        var log = new FitLog(channel, _context);
        var seed = _options.Seed ?? FitContext.SeedOfCheckpoints(_options) ?? SeedStream.Derive(_context.Seed, Stage);
        var start = StudentStart.ForDpo(input.Schema, _start, _options, ComputePlace.Of(_context.Ml, _options.GpuDeviceId, _options.Precision, log), seed);
        try
        {
            var settings = Settings(start.From?.Settings ?? new StudentSettings(), seed);
            using var rows = TokenStore.ForPreferences();
            using var held = TokenStore.ForPreferences();
            var skipped = Read(start.Model, settings, input, rows, held, evaluation is null ? new RowSplit(seed, Stage, _options.EvaluationFraction) : null);
            if (evaluation is not null)
                Read(start.Model, settings, evaluation, held, held, null);
            rows.Complete();
            held.Complete();
            log.Rows(Stage, rows.Count, skipped, held.Count, $"no {_options.ChosenColumn}");
            if (rows.Count == 0)
                throw new InvalidOperationException(
                    $"DistilledDpo has nothing to train on: none of {skipped + held.Count} rows has a '{_options.ChosenColumn}' and a '{_options.RejectedColumn}'{(held.Count > 0 ? " and is not held out" : "")}.");
            LastResult = DpoTrainer.Train(start.Model.Network, rows, held.Count > 0 ? held : null, _options,
                FitContext.Of(_context, log, seed, start));
            log.Memory(Stage, LastResult);
            start.Model.WeightsChanged();
            var info = Lineage.After(start, start.Model, Stage, seed, _options, LastResult, skipped, held.Count);
            return new StudentTransformer(new Student(new SharedModel(start.Model), settings, info) { Origin = start.From is { } from ? new(from.Weights) : null });
        }
        catch
        {
            start.Model.Dispose();
            throw;
        }
    }

    private int Read(LanguageModel model, StudentSettings settings, IDataView data, TokenStore<PreferenceRow> rows, TokenStore<PreferenceRow> held, RowSplit? split) =>
        PreferencePairs.Read(model, _options, settings.SystemPrompt, data, _context.CancellationToken, (row, pair) => (split?.IsHeldOut(row) == true ? held : rows).Add(pair));

    private StudentSettings Settings(StudentSettings start, int seed) => new StudentSettings
    {
        PromptColumn = _options.PromptColumn,
        MessagesColumn = _options.MessagesColumn,
        ReplyColumn = _options.ReplyColumn,
        SystemPrompt = _options.SystemPrompt ?? start.SystemPrompt,
        MaxNewTokens = _options.MaxNewTokens ?? start.MaxNewTokens,
        Temperature = _options.Temperature ?? start.Temperature,
        GenerationSeed = SeedStream.Derive(seed, "reply"),
        Generation = start.Generation,
        ReplyBatchSize = _options.ReplyBatchSize ?? start.ReplyBatchSize,
    }.With(_options.Generation);
}
