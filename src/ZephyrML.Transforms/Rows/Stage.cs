using Microsoft.ML;

namespace ZephyrML.Transforms.Rows;

/// <summary>
/// What a lazy transformer does with a row, bound to one input schema. One computation a row serves all columns that the stage adds; it starts when the first of
/// their getters is invoked, never earlier.
/// </summary>
/// <typeparam name="TIn">What a computation reads from a row.</typeparam>
/// <typeparam name="TOut">What it yields.</typeparam>
internal abstract class Stage<TIn, TOut>
    where TOut : class
{
    private IReadOnlyList<AddedColumn<TOut>> _added = [];

    /// <summary>The schema that the stage is bound to.</summary>
    public required DataViewSchema InputSchema { get; init; }

    /// <summary>The input's columns, then the added ones.</summary>
    public DataViewSchema OutputSchema { get; private set; } = null!;

    /// <summary>The input columns that a computation reads.</summary>
    public IReadOnlyList<DataViewSchema.Column> Needed { get; private set; } = [];

    /// <summary>How many rows are computed, or wait to be, at the same time at most.</summary>
    public abstract int MaxRows { get; }

    /// <summary>By what the number of rows grows while each row is asked for in turn: the first row is computed alone, so that whoever takes one row pays for one.</summary>
    public virtual int Growth => 2;

    /// <summary>True where a row started late costs nothing extra, so that the window slides row by row; false where rows are computed batch by batch.</summary>
    public virtual bool Sliding => true;

    /// <summary>Ends what is under way.</summary>
    public virtual CancellationToken CancellationToken => default;

    /// <summary>Makes a reader for the rows that a cursor stands on.</summary>
    public abstract Func<TIn> Reader(DataViewRow row);

    /// <summary>Whether two inputs are the same, so that their results are.</summary>
    public abstract bool Same(TIn a, TIn b);

    /// <summary>Starts computing rows; the tasks stand in the rows' order. Nothing is thrown here: what fails, fails in its task.</summary>
    public abstract IReadOnlyList<Task<TOut>> Start(IReadOnlyList<StageRow<TIn>> rows, CancellationToken cancellationToken);

    /// <summary>The first cursor of a pass begins to compute; what is returned is disposed of when the last one is closed.</summary>
    /// <param name="rows">How many rows the data has; null where it does not know.</param>
    public virtual IDisposable? BeginPass(long? rows) => null;

    /// <summary>Takes hold of what the computation needs, for as long as a cursor is open.</summary>
    public virtual IDisposable? Hold() => null;

    /// <summary>The getter of an added column.</summary>
    public Delegate Getter(int outputIndex, Func<TOut> current) => _added[outputIndex - InputSchema.Count].Getter(current);

    /// <summary>Fixes what is read and added; the constructor of every stage ends with it.</summary>
    protected void Bind(IEnumerable<DataViewSchema.Column?> needed, params IReadOnlyList<AddedColumn<TOut>> added)
    {
        Needed = [.. needed.OfType<DataViewSchema.Column>()];
        _added = added;
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(InputSchema);
        foreach (var column in added)
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        OutputSchema = builder.ToSchema();
    }

    /// <summary>The input columns that these output columns depend on.</summary>
    public IEnumerable<DataViewSchema.Column> Dependencies(IEnumerable<DataViewSchema.Column> outputs)
    {
        var indexes = outputs.Select(c => c.Index).ToHashSet();
        var computing = indexes.Any(i => i >= InputSchema.Count);
        return [.. InputSchema.Where(c => indexes.Contains(c.Index) || (computing && Needed.Any(n => n.Index == c.Index)))];
    }
}
