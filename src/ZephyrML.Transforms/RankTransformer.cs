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
    internal RankTransformer(IChannelProvider environment, RankOptions options, int seed, IAnswerJudge? judge, int maxConcurrency, IProgress<ZephyrProgress>? progress, CancellationToken cancellationToken)
    {
        Options = options;
        Seed = seed;
        Judge = judge;
        MaxConcurrency = maxConcurrency;
        CancellationToken = cancellationToken;
        Meter = new RowMeter("Rank", progress);
        NoJudge = new OneWarning(environment, "Rank",
            $"Rank: a loaded model has no judge. {options.ScoresColumn}, {options.ChosenColumn} and {options.RejectedColumn} are missing where the data does not have them.");
    }

    internal RankOptions Options { get; }

    internal int Seed { get; }

    internal IAnswerJudge? Judge { get; }

    internal int MaxConcurrency { get; }

    internal CancellationToken CancellationToken { get; }

    internal RowMeter Meter { get; }

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
