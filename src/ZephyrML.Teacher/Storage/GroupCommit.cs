namespace ZephyrML.Teacher;

/// <summary>
/// Commits together what several callers want to write at the same time: while one transaction is written, the next ones gather. One thread writes, the callers wait
/// without one; each goes on when its own work is committed.
/// </summary>
internal sealed class GroupCommit(SqliteFile file)
{
    private const int Most = 256;

    private readonly Lock _lock = new();
    private readonly Queue<Work> _waiting = [];
    private bool _running;

    /// <summary>Runs work in a transaction, on another thread: the file may be locked for long, and the caller may be anybody. It may run twice, if what stood beside it failed: its effects are in the file alone.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var mine = new Work<T>(work);
        lock (_lock)
        {
            _waiting.Enqueue(mine);
            if (_running)
                return mine.Task;
            _running = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(_ => Drain(), null);
        return mine.Task;
    }

    private void Drain()
    {
        while (true)
        {
            var batch = new List<Work>();
            lock (_lock)
            {
                while (batch.Count < Most && _waiting.TryDequeue(out var work))
                    batch.Add(work);
                _running = batch.Count > 0;
                if (!_running)
                    return;
            }
            if (!TryCommit(batch, out var failure) && batch.Count == 1)
                batch[0].Fail(failure!);
            else if (failure is not null)
            {
                foreach (var work in batch)
                {
                    if (!TryCommit([work], out failure))
                        work.Fail(failure!);
                }
            }
        }
    }

    private bool TryCommit(List<Work> batch, out Exception? failure)
    {
        try
        {
            file.Run(write: true, () =>
            {
                batch.ForEach(w => w.Do());
                return 0;
            });
        }
        catch (Exception e)
        {
            failure = e;
            return false;
        }
        failure = null;
        batch.ForEach(w => w.Succeed());
        return true;
    }

    private abstract class Work
    {
        public abstract void Do();

        public abstract void Succeed();

        public abstract void Fail(Exception e);
    }

    private sealed class Work<T>(Func<T> work) : Work
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Task => _done.Task;

        public override void Do() => _result = work();

        public override void Succeed() => _done.SetResult(_result);

        public override void Fail(Exception e) => _done.SetException(e);
    }
}
