using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Rows;

/// <summary>A cursor over a stage's rows. The first invoked getter starts the computation, and the look-ahead, of which it reads no more than the stage allows.</summary>
internal sealed class StageCursor<TIn, TOut>(
    Stage<TIn, TOut> stage, RowResults<TIn, TOut> results, DataViewRowCursor source, Func<DataViewRowCursor> openAhead, HashSet<int> active, long? count) : DataViewRowCursor
    where TOut : class
{
    private Func<TIn>? _read;
    private ValueGetter<DataViewRowId>? _id;
    private LookAhead<TIn, TOut>? _ahead;
    private IDisposable? _hold;
    private (long Position, TOut Result)? _last;
    private bool _disposed;

    public override long Position => source.Position;

    public override long Batch => source.Batch;

    public override DataViewSchema Schema => stage.OutputSchema;

    public override bool MoveNext() => source.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => StageGetter.Make<TIn, TOut, TValue>(stage, source, active, column, Current);

    private TOut Current()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_last is { } last && last.Position == Position)
            return last.Result;
        stage.CancellationToken.ThrowIfCancellationRequested();
        if (_read is null)
            Begin();
        DataViewRowId id = default;
        _id!(ref id);
        var input = _read!();
        var result = _ahead!.Result(Position, id, input);
        _last = (Position, result);
        return result;
    }

    private void Begin()
    {
        _hold = stage.Hold();
        results.Enter(count);
        _ahead = new LookAhead<TIn, TOut>(stage, results, openAhead);
        _id = source.GetIdGetter();
        _read = stage.Reader(source);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            if (_ahead is not null)
            {
                _ahead.Dispose();
                results.Leave();
            }
            _hold?.Dispose();
            source.Dispose();
        }
        base.Dispose(disposing);
    }
}
