namespace ZephyrML.Transforms.Teachers;

/// <summary>
/// Bounds how many rows of a stage are asked about at once, whatever the number of cursors. More rows than that are started, so that one slow answer does not leave the others'
/// places empty: those that are done wait for their reader, and the next ones take their place.
/// </summary>
internal sealed class RowGate(int maxConcurrency)
{
    private const int Ahead = 4;

    private readonly SemaphoreSlim _places = new(maxConcurrency);

    /// <summary>How many rows are started before they are read.</summary>
    public int MaxRows => maxConcurrency == 1 ? 1 : Ahead * maxConcurrency;

    public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }
}
