using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.LanguageModels;
using ZephyrML.ModelZip;
using ZephyrML.Transforms.Rows;
using ZephyrML.Transforms.Students;

namespace ZephyrML;

/// <summary>
/// A fitted student: answers Prompt, or Messages where the data has them, with Reply. Lazy: nothing is generated before a reply is read; over data, rows are answered in
/// batches, and a row's reply does not depend on its batch.
/// </summary>
/// <remarks>
/// It is a counted handle on one copy of the weights, since ML.NET's PredictionEngine disposes its transformer: each engine made over it adds one holder, each
/// <see cref="Dispose"/> takes one away, whoever calls it, and the last one frees the weights. So an engine that is disposed leaves others, and this object, working.
/// (ML.NET's chains dispose their elements once, however many engines are made over them: after several engines over one chain the weights go when nothing refers to
/// them any more. z.ForScoring gives a chain with a handle of its own.)
/// </remarks>
public sealed class StudentTransformer : ITransformer, IDisposable
{
    private readonly Lock _lock = new();
    private readonly IDisposable _hold;
    private int _holders = 1;

    internal StudentTransformer(Student student)
    {
        Student = student;
        _hold = student.Weights.Hold();
    }

    /// <summary>Where the student comes from.</summary>
    public StudentInfo Info => Student.Info;

    internal Student Student { get; }

    bool ITransformer.IsRowToRowMapper => true;

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).OutputSchema;

    /// <summary>Adds the replies. Nothing is generated here.</summary>
    /// <param name="input">Data with a Prompt or a Messages column.</param>
    /// <returns>The data with Reply.</returns>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new StageView<StudentInput, string>(Bind(input.Schema), input);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        var mapper = new StageMapper<StudentInput, string>(Bind(inputSchema));
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_holders == 0, this);
            _holders++;
        }
        return mapper;
    }

    /// <summary>Lets go of the weights for one holder; the last one frees them.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_holders == 0 || --_holders > 0)
                return;
        }
        _hold.Dispose();
    }

    /// <summary>Another handle on the same weights, to be disposed on its own.</summary>
    internal StudentTransformer Share() => new(Student);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        using var hold = Student.Weights.Hold();
        StudentZip.Save(ctx, Student);
    }

    private StudentStage Bind(DataViewSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        lock (_lock)
            ObjectDisposedException.ThrowIf(_holders == 0, this);
        return new StudentStage(schema, Student);
    }
}
