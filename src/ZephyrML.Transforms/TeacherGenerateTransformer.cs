using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZephyrML.Teacher;
using ZephyrML.Transforms.Rows;
using ZephyrML.Transforms.Teachers;

namespace ZephyrML;

/// <summary>
/// Answers prompts by a teacher and by candidate models: Response, Candidates and CandidateModels. Lazy: nobody is asked before one of them is read, once a row. In a
/// loaded model there is no teacher: what the data does not have is missing then.
/// </summary>
public sealed class TeacherGenerateTransformer : ITransformer
{
    internal TeacherGenerateTransformer(
        IChannelProvider environment, TeacherGenerateOptions options, int seed, bool asksTeacher, bool asksPool, AnswerGenerator? generator,
        IReadOnlyList<IChatClient> clients, int maxConcurrency, IProgress<ZephyrProgress>? progress, CancellationToken cancellationToken)
    {
        Options = options;
        Seed = seed;
        AsksTeacher = asksTeacher;
        AsksPool = asksPool;
        Generator = generator;
        Gate = new RowGate(maxConcurrency);
        CancellationToken = cancellationToken;
        NewPass = rows => new TeacherPass(environment, "TeacherGenerate", progress, rows, options.MaxFailedFraction, clients);
        Skipped = new OneWarning(environment, "TeacherGenerate");
        NoTeacher = new OneWarning(environment, "TeacherGenerate",
            $"TeacherGenerate: a loaded model has no teacher. {options.ResponseColumn} and {options.CandidatesColumn} are missing where the data does not have them.");
    }

    internal TeacherGenerateOptions Options { get; }

    internal int Seed { get; }

    internal bool AsksTeacher { get; }

    internal bool AsksPool { get; }

    internal AnswerGenerator? Generator { get; }

    internal RowGate Gate { get; }

    internal CancellationToken CancellationToken { get; }

    internal Func<long?, TeacherPass> NewPass { get; }

    internal OneWarning Skipped { get; }

    internal OneWarning NoTeacher { get; }

    bool ITransformer.IsRowToRowMapper => true;

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).OutputSchema;

    /// <summary>Adds the columns. Nobody is asked here.</summary>
    /// <param name="input">Data with Prompt.</param>
    /// <returns>The data with Response, Candidates and CandidateModels.</returns>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new StageView<GenerateInput, GeneratedAnswers>(Bind(input.Schema), input);
    }

    /// <summary>Estimates what answering the data would cost, without asking anybody: rows that have their answers and what the clients' caches have cost nothing.</summary>
    /// <param name="input">Data with Prompt; read once.</param>
    /// <exception cref="InvalidOperationException">The model was loaded: it has no clients.</exception>
    public CostEstimate DryRun(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var generator = Generator ?? throw new InvalidOperationException("TeacherGenerate: a loaded model has no teacher whose costs could be estimated.");
        return generator.DryRun(Requests(Bind(input.Schema), input));
    }

    private static IEnumerable<AnswerRequest> Requests(GenerateStage stage, IDataView input)
    {
        using var cursor = input.GetRowCursor(stage.Needed);
        var (read, getId) = (stage.Reader(cursor), cursor.GetIdGetter());
        DataViewRowId id = default;
        while (cursor.MoveNext())
        {
            getId(ref id);
            if (stage.Request(new(RowResults<GenerateInput, GeneratedAnswers>.Number(id), read())) is { } request)
                yield return request;
        }
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => new StageMapper<GenerateInput, GeneratedAnswers>(Bind(inputSchema));

    void ICanSaveModel.Save(ModelSaveContext ctx) => TeacherGenerateZip.Save(ctx, this);

    private GenerateStage Bind(DataViewSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return new GenerateStage(schema, this);
    }
}
