using Microsoft.ML;

namespace ZephyrML.Transforms.Rows;

/// <summary>A stage over data: lazy, repeatable, in the data's order.</summary>
internal sealed class StageView<TIn, TOut>(Stage<TIn, TOut> stage, IDataView input) : IDataView
    where TOut : class
{
    private readonly RowResults<TIn, TOut> _results = new(stage);

    public bool CanShuffle => input.CanShuffle;

    public DataViewSchema Schema => stage.OutputSchema;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = columnsNeeded.ToList();
        // The look-ahead must see the same order: both cursors shuffle from one seed.
        int? seed = rand is not null && input.CanShuffle ? rand.Next() : null;
        DataViewRowCursor Open(IEnumerable<DataViewSchema.Column> columns) => input.GetRowCursor(columns, seed is { } s ? new Random(s) : null);
        return new StageCursor<TIn, TOut>(stage, _results, Open(stage.Dependencies(active)), () => Open(stage.Needed), [.. active.Select(c => c.Index)], input.GetRowCount());
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];
}
