using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Rows;

/// <summary>
/// Runs ahead of a cursor over the needed columns, on a cursor of its own, so that several rows are computed at the same time. It grows from the row that is asked for
/// alone (taking one row pays for one) to the stage's bound, and falls back to one where rows are skipped (a filter above, a split: what nobody reads is not computed).
/// </summary>
internal sealed class LookAhead<TIn, TOut>(Stage<TIn, TOut> stage, RowResults<TIn, TOut> results, Func<DataViewRowCursor> open) : IDisposable
    where TOut : class
{
    private DataViewRowCursor? _cursor;
    private Func<TIn>? _read;
    private ValueGetter<DataViewRowId>? _id;
    private bool _ended;
    private int _rows = 1;
    private long _lastPosition = -1;

    /// <summary>The result of the row that the main cursor stands on.</summary>
    public TOut Result(long position, DataViewRowId id, TIn input)
    {
        _rows = _lastPosition < 0 || position != _lastPosition + 1 ? 1 : Math.Min(_rows * stage.Growth, stage.MaxRows);
        _lastPosition = position;
        var result = results.Find(id, input);
        if (result is null || stage.Sliding)
        {
            var rows = new List<(DataViewRowId, TIn)>();
            if (result is null)
                rows.Add((id, input));
            if (stage.Sliding)
                Start(rows);
            if (_rows > 1 && !_ended)
                Collect(rows, position, position + _rows - 1);
            Start(rows);
            result ??= results.Find(id, input)!;
        }
        return result.GetAwaiter().GetResult();
    }

    /// <summary>Adds the rows after the main cursor's up to a position. What fails to be read here fails again when the main cursor comes there.</summary>
    private void Collect(List<(DataViewRowId, TIn)> rows, long position, long last)
    {
        try
        {
            if (_cursor is null)
            {
                _cursor = open();
                _read = stage.Reader(_cursor);
                _id = _cursor.GetIdGetter();
            }
            while (_cursor.Position < last)
            {
                if (!_cursor.MoveNext())
                {
                    _ended = true;
                    return;
                }
                if (_cursor.Position <= position)
                    continue;
                DataViewRowId id = default;
                _id!(ref id);
                rows.Add((id, _read!()));
                // Reading the next row may wait for an earlier stage: start what is known.
                if (stage.Sliding)
                    Start(rows);
            }
        }
        catch (Exception)
        {
            _ended = true;
        }
    }

    private void Start(List<(DataViewRowId, TIn)> rows)
    {
        if (rows.Count > 0)
            results.Start(rows);
        rows.Clear();
    }

    public void Dispose() => _cursor?.Dispose();
}
