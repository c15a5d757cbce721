using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>One background pass that fills column buffers.</summary>
internal sealed class CacheFill(IHost host, DataViewRowCursor cursor, List<ColumnBuffer> buffers)
{
    private readonly object _progress = new();
    private long _rows;
    private bool _done;
    private Exception _failure;

    public void Start(Action<long> whenDone)
        => new Thread(() => Run(whenDone)) { IsBackground = true, Name = "Cache Filler" }.Start();

    /// <summary>Waits until the row is there; false where the source ends before it.</summary>
    public bool WaitFor(long row)
    {
        lock (_progress)
        {
            while (_rows <= row && !_done && _failure == null)
                Monitor.Wait(_progress);
            if (_failure != null)
                throw Contracts.Except("Event we were waiting on was subject to an exception", _failure);
            return row < _rows;
        }
    }

    public void WaitForEnd() => WaitFor(long.MaxValue);

    private void Run(Action<long> whenDone)
    {
        try
        {
            using (cursor)
            using (var channel = host.Start("Cache Filler"))
            {
                channel.Trace(MessageSensitivity.Unknown, "Begin cache of {0} columns", buffers.Count);
                long rows = 0;
                for (; cursor.MoveNext(); rows++)
                {
                    foreach (var buffer in buffers)
                        buffer.Fill((int)rows);
                    lock (_progress)
                    {
                        _rows = rows + 1;
                        Monitor.PulseAll(_progress);
                    }
                }
                whenDone(rows);
                channel.Trace(MessageSensitivity.Unknown, "End cache of {0} columns", buffers.Count);
            }
            Signal(() => _done = true);
        }
        catch (Exception ex)
        {
            Signal(() => _failure = ex);        // whoever reads gets it
        }
    }

    private void Signal(Action set)
    {
        lock (_progress)
        {
            set();
            Monitor.PulseAll(_progress);
        }
    }
}
