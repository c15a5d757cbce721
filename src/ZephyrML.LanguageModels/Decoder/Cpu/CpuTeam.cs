using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>
/// A few threads that share small pieces of work. One token passes through hundreds of them, each of some microseconds: a helper that slept in between would wake too late, so it waits
/// awake for a moment, then sleeps. Pieces are taken one by one, so a helper that the machine keeps busy elsewhere holds nobody up for longer than a piece.
/// </summary>
internal sealed class CpuTeam
{
    private const int SpinsAwake = 4000;      // some 100 µs
    private readonly Lock _turn = new();
    private readonly SemaphoreSlim _bell = new(0);
    private Action<int> _work = _ => { };
    private int _pieces, _next, _inside, _asleep, _helpers;
    private volatile int _round;
    private volatile bool _open;

    public static CpuTeam Shared { get; } = new();

    /// <summary>Calls the work for each piece; returns when all are done.</summary>
    public void Run(int pieces, Action<int> work)
    {
        int threads = Math.Min(get_num_threads(), pieces);
        if (threads <= 1 || !_turn.TryEnter())      // while others use the team, each works alone
        {
            for (int i = 0; i < pieces; i++) work(i);
            return;
        }
        try
        {
            for (; _helpers < threads - 1; _helpers++) new Thread(Help) { IsBackground = true, Name = "ZephyrML team" }.Start();
            (_work, _pieces) = (work, pieces);
            Volatile.Write(ref _next, 0);
            _open = true;
            Interlocked.Increment(ref _round);
            if (Interlocked.Exchange(ref _asleep, 0) is > 0 and var sleepers) _bell.Release(sleepers);
            Work();
            _open = false;
            Interlocked.MemoryBarrier();
            for (var wait = new SpinWait(); Volatile.Read(ref _inside) > 0;) wait.SpinOnce(sleep1Threshold: -1);
        }
        finally
        {
            _turn.Exit();
        }
    }

    private void Work()
    {
        for (int i; (i = Interlocked.Increment(ref _next) - 1) < _pieces;) _work(i);
    }

    private void Help()
    {
        int seen = 0;
        while (true)
        {
            for (int spins = 0; _round == seen; spins++)
            {
                if (spins < SpinsAwake)
                {
                    Thread.SpinWait(1);
                    continue;
                }
                Interlocked.Increment(ref _asleep);
                // A round that began meanwhile: either nobody has counted this helper yet, or the bell rings for it.
                if (_round == seen || Interlocked.Decrement(ref _asleep) < 0)
                {
                    if (_round != seen) Interlocked.Increment(ref _asleep);
                    _bell.Wait();
                }
                spins = 0;
            }
            seen = _round;
            Interlocked.Increment(ref _inside);      // from here on the round's end waits for this helper
            if (_open) Work();
            Interlocked.Decrement(ref _inside);
        }
    }
}
