using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZephyrML.Teacher;
using ZephyrML.Transforms.Rows;
using ZephyrML.Transforms.Teachers;

namespace ZephyrML;

/// <summary>
/// Scores the candidates of a row and picks a pair: Scores, Chosen and Rejected. Lazy: no judge is asked before one of them is read, once a row. In a loaded model
/// there is no judge: what the data does not have is missing then.
/// </summary>
public sealed class RankTransformer : ITransformer
{
    internal RankTransformer(IChannelProvider environment, RankOptions options, int seed, IAnswerJudge? judge, IReadOnlyList<IChatClient> clients,
        int maxConcurrency, IProgress<ZephyrProgress>? progress, CancellationToken cancellationToken)
    {
        Options = options;
        Seed = seed;
        Judge = judge;
        Gate = new RowGate(maxConcurrency);
        CancellationToken = cancellationToken;
        NewPass = rows =>
        {
            Statistics = new FeedbackStatistics();
            return new TeacherPass(environment, "Rank", progress, rows, options.MaxFailedFraction, clients, Statistics);
        };
        Skipped = new OneWarning(environment, "Rank");
        NoJudge = new OneWarning(environment, "Rank",
            $"Rank: a loaded model has no judge. {options.ScoresColumn}, {options.ChosenColumn} and {options.RejectedColumn} are missing where the data does not have them.");
    }

    /// <summary>
    /// What the last pass over the data saw: pairs, ties, what could not be read, and whether length or place sways the judge. It grows while rows are read; ML.NET's log is told at
    /// the end of a pass.
    /// </summary>
    public FeedbackStatistics Statistics { get; private set; } = new();

    internal RankOptions Options { get; }

    internal int Seed { get; }

    internal IAnswerJudge? Judge { get; }

    internal RowGate Gate { get; }

    internal CancellationToken CancellationToken { get; }

    internal Func<long?, TeacherPass> NewPass { get; }

    internal OneWarning Skipped { get; }

    internal OneWarning NoJudge { get; }

    bool ITransformer.IsRowToRowMapper => true;

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).OutputSchema;

    /// <summary>Adds the columns. No judge is asked here.</summary>
    /// <param name="input">Data with Prompt and Candidates.</param>
    /// <returns>The data with Scores, Chosen and Rejected.</returns>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new StageView<RankInput, Ranked>(Bind(input.Schema), input);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => new StageMapper<RankInput, Ranked>(Bind(inputSchema));

    void ICanSaveModel.Save(ModelSaveContext ctx) => RankZip.Save(ctx, this);

    private RankStage Bind(DataViewSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return new RankStage(schema, this);
    }
}
