using Microsoft.Extensions.AI;
using Microsoft.ML;
using ZephyrML.Teacher;
using ZephyrML.Transforms;
using ZephyrML.Transforms.Rows;
using ZephyrML.Transforms.Teachers;

namespace ZephyrML;

/// <summary>
/// Answers prompts by a teacher (what dSFT learns) and by several candidate models (what Rank compares). Made by <c>z.TeacherGenerate</c>.
/// </summary>
public sealed class TeacherGenerateEstimator : IEstimator<TeacherGenerateTransformer>
{
    private readonly StageContext _context;
    private readonly IChatClient? _teacher;
    private readonly CandidatePool _pool;
    private readonly TeacherGenerateOptions _options;
    private readonly AnswerGenerator _generator;
    private readonly int _seed;

    internal TeacherGenerateEstimator(StageContext context, IChatClient? teacher, CandidatePool? candidates, TeacherGenerateOptions? options)
    {
        _context = context;
        _options = (options ?? new TeacherGenerateOptions()).Copy();
        _options.Validate();
        _seed = _options.Seed ?? SeedStream.Derive(context.Seed, "TeacherGenerate");
        _teacher = teacher;
        _pool = candidates?.Copy() ?? [];
        _generator = new AnswerGenerator(teacher, candidates, _options.Generator(_seed));
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var ml = _context.Ml;
        StageShape.Require(ml, inputSchema, _options.PromptColumn, ColumnKind.Text);
        StageShape.Allow(ml, inputSchema, _options.MessagesColumn, ColumnKind.Text);
        if (_options.Principles == PrincipleMix.BySource)
            StageShape.Allow(ml, inputSchema, _options.SourceColumn, ColumnKind.Text);
        StageShape.Allow(ml, inputSchema, _options.ResponseColumn, ColumnKind.Text);
        StageShape.Allow(ml, inputSchema, _options.CandidatesColumn, ColumnKind.Texts);
        StageShape.Allow(ml, inputSchema, _options.CandidateModelsColumn, ColumnKind.Texts);
        var shape = StageShape.Add(ml, inputSchema, _options.ResponseColumn, ColumnKind.Text);
        shape = StageShape.Add(ml, shape, _options.CandidatesColumn, ColumnKind.Texts);
        return StageShape.Add(ml, shape, _options.CandidateModelsColumn, ColumnKind.Texts);
    }

    /// <summary>Checks the columns. Nobody is asked.</summary>
    /// <param name="input">Data with Prompt.</param>
    /// <returns>The transformer.</returns>
    public TeacherGenerateTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new TeacherGenerateTransformer(
            _context.Ml, _options, _seed, _teacher is not null, _pool.Count > 0, _generator, [.. _pool.Select(c => c.Client), .. _teacher is null ? (IChatClient[])[] : [_teacher]],
            _context.MaxConcurrency, _context.Progress, _context.CancellationToken);
        transformer.GetOutputSchema(input.Schema);
        var clients = _pool.Select(candidate => ($"candidate '{candidate.Name}'", candidate.Client));
        CacheWarning.Check(_context.Ml, "TeacherGenerate", _teacher is null ? clients : clients.Prepend(("the teacher", _teacher)));
        return transformer;
    }
}
