namespace ZephyrML.Teacher;

/// <summary>Counters of a client with a response cache; <c>client.GetService&lt;ResponseCacheStatistics&gt;()</c> gives them, and null where there is no cache.</summary>
public sealed class ResponseCacheStatistics
{
    private readonly Func<int> _unstored;
    private long _hits, _paid, _failed;

    internal ResponseCacheStatistics(Func<int> unstored) => _unstored = unstored;

    /// <summary>Calls answered from the cache, those among them that waited for the same question of another caller.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>Calls that the client behind answered, and that are now stored.</summary>
    public long Paid => Interlocked.Read(ref _paid);

    /// <summary>Calls that failed or were cancelled; nothing of them is stored.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Paid answers that the file could not take (a full disk, say) and that this process holds; the next call stores them, or fails before it pays.</summary>
    public long Unstored => _unstored();

    internal void CountHit() => Interlocked.Increment(ref _hits);

    internal void CountPaid() => Interlocked.Increment(ref _paid);

    internal void CountFailed() => Interlocked.Increment(ref _failed);
}
