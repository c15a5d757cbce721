using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Rows;

/// <summary>A stage row by row, without data around it: what a PredictionEngine asks for. There is no look-ahead.</summary>
internal sealed class StageMapper<TIn, TOut>(Stage<TIn, TOut> stage) : IRowToRowMapper
    where TOut : class
{
    public DataViewSchema InputSchema => stage.InputSchema;

    public DataViewSchema OutputSchema => stage.OutputSchema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) => stage.Dependencies(dependingColumns);

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) => new Row(stage, input, [.. activeColumns.Select(c => c.Index)]);

    private sealed class Row(Stage<TIn, TOut> stage, DataViewRow source, HashSet<int> active) : DataViewRow
    {
        private Func<TIn>? _read;
        private ValueGetter<DataViewRowId>? _id;
        private (long Position, TOut Result)? _last;

        public override long Position => source.Position;

        public override long Batch => source.Batch;

        public override DataViewSchema Schema => stage.OutputSchema;

        public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => StageGetter.Make<TIn, TOut, TValue>(stage, source, active, column, Current);

        private TOut Current()
        {
            if (_last is { } last && last.Position == Position)
                return last.Result;
            stage.CancellationToken.ThrowIfCancellationRequested();
            _read ??= stage.Reader(source);
            _id ??= source.GetIdGetter();
            DataViewRowId id = default;
            _id(ref id);
            var task = stage.Start([new StageRow<TIn>(RowResults<TIn, TOut>.Number(id), _read())], stage.CancellationToken)[0];
            var result = task.GetAwaiter().GetResult();
            _last = (Position, result);
            return result;
        }
    }
}
