using Microsoft.Extensions.AI;
using Microsoft.ML;
using ZephyrML.Teacher;
using ZephyrML.Transforms;
using ZephyrML.Transforms.Rows;
using ZephyrML.Transforms.Teachers;

namespace ZephyrML;

/// <summary>
/// AI feedback (arXiv 2310.16944, section 3): scores several models' answers as in UltraFeedback and makes a pair of the best and a worse one. Made by <c>z.Rank</c>.
/// </summary>
public sealed class RankEstimator : IEstimator<RankTransformer>
{
    private readonly StageContext _context;
    private readonly RankOptions _options;
    private readonly IChatClient? _client;
    private readonly IAnswerJudge _judge;
    private readonly int _seed;

    internal RankEstimator(StageContext context, IChatClient client, RankOptions? options)
        : this(context, null!, client ?? throw new ArgumentNullException(nameof(client)), options)
    {
    }

    internal RankEstimator(StageContext context, IAnswerJudge judge, RankOptions? options)
        : this(context, judge ?? throw new ArgumentNullException(nameof(judge)), null, options)
    {
    }

    private RankEstimator(StageContext context, IAnswerJudge judge, IChatClient? client, RankOptions? options)
    {
        _context = context;
        _options = (options ?? new RankOptions()).Copy();
        _options.Validate();
        _seed = _options.Seed ?? SeedStream.Derive(context.Seed, "Rank");
        _client = client;
        var asking = _options.Judge?.Copy() ?? new UltraFeedbackJudgeOptions();
        asking.Seed ??= _seed;
        _judge = client is null ? judge : new UltraFeedbackJudge(client, asking);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var ml = _context.Ml;
        StageShape.Require(ml, inputSchema, _options.PromptColumn, ColumnKind.Text);
        StageShape.Require(ml, inputSchema, _options.CandidatesColumn, ColumnKind.Texts);
        StageShape.Allow(ml, inputSchema, _options.MessagesColumn, ColumnKind.Text);
        if (_options.ReferenceColumn is { } reference)
            StageShape.Require(ml, inputSchema, reference, ColumnKind.Text);
        StageShape.Allow(ml, inputSchema, _options.CandidateModelsColumn, ColumnKind.Texts);
        StageShape.Allow(ml, inputSchema, _options.ScoresColumn, ColumnKind.Floats);
        StageShape.Allow(ml, inputSchema, _options.ChosenColumn, ColumnKind.Text);
        StageShape.Allow(ml, inputSchema, _options.RejectedColumn, ColumnKind.Text);
        var shape = StageShape.Add(ml, inputSchema, _options.ScoresColumn, ColumnKind.Floats);
        shape = StageShape.Add(ml, shape, _options.ChosenColumn, ColumnKind.Text);
        return StageShape.Add(ml, shape, _options.RejectedColumn, ColumnKind.Text);
    }

    /// <summary>Checks the columns. No judge is asked.</summary>
    /// <param name="input">Data with Prompt and Candidates.</param>
    /// <returns>The transformer.</returns>
    public RankTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new RankTransformer(_context.Ml, _options, _seed, _judge, _client is null ? [] : [_client], _context.MaxConcurrency, _context.Progress, _context.CancellationToken);
        transformer.GetOutputSchema(input.Schema);
        if (_client is not null)
            CacheWarning.Check(_context.Ml, "Rank", ("the judge", _client));
        return transformer;
    }
}
