using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// Answers from the store, or asks once and stores. In this process the first caller of a key asks and the others wait for its answer; between processes the
/// lease in the file does the same. If the asking caller is cancelled, a waiting one takes over; if it fails, each waiting one asks for itself.
/// </summary>
internal sealed class CachingChatClient : DelegatingChatClient
{
    private const int MostLeases = 4096;                                           // of the thousands of questions that may wait for a slot only the next ones are leased

    private readonly ResponseStore _store;
    private readonly CacheMode _mode;
    private readonly string _teacher;
    private readonly string? _model;
    private readonly ResponseCacheStatistics _statistics;
    private readonly SemaphoreSlim _asking = new(MostLeases, MostLeases);
    private int _disposed;

    public CachingChatClient(IChatClient client, string path, string? name, CacheMode mode) : base(client)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var metadata = client.GetService<ChatClientMetadata>();
        _model = metadata?.DefaultModelId is { Length: > 0 } model ? model : null;
        _teacher = !string.IsNullOrWhiteSpace(name) ? name
            : _model is not null || !string.IsNullOrWhiteSpace(metadata?.ProviderName) ? $"{metadata!.ProviderName}/{_model}"
            : throw new ArgumentException($"A response cache needs the teacher's name, else the answers of two teachers would be mixed up: {client.GetType().Name} has no metadata, so give a name.", nameof(name));
        if (mode == CacheMode.ReplayOnly && !File.Exists(path))
            throw new FileNotFoundException($"The response cache '{path}' that is to be replayed is not there.", path);
        _mode = mode;
        _store = ResponseStore.Acquire(path);
        _statistics = new(() => _store.Unstored);
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(ResponseCacheStatistics) ? _statistics : base.GetService(serviceType, serviceKey);

    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var list = Materialise(messages);
        var (flight, found) = await JoinAsync(list, options, cancellationToken).ConfigureAwait(false);
        if (flight is null)
            return StoredResponse.Read(found!);
        await using (flight.ConfigureAwait(false))
        {
            flight.Scope.Enter();
            var response = await base.GetResponseAsync(list, Inner(options), cancellationToken).ConfigureAwait(false);
            await flight.LandAsync(response).ConfigureAwait(false);
            return response;
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var list = Materialise(messages);
        var (flight, found) = await JoinAsync(list, options, cancellationToken).ConfigureAwait(false);
        if (flight is null)
        {
            foreach (var update in StoredResponse.Read(found!).ToChatResponseUpdates())
                yield return update;
            yield break;
        }
        await using (flight.ConfigureAwait(false))
        {
            var updates = new List<ChatResponseUpdate>();
            var stream = base.GetStreamingResponseAsync(list, Inner(options), cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (stream.ConfigureAwait(false))
            {
                while (true)
                {
                    flight.Scope.Enter();                                          // an iterator's context is its reader's again after each piece
                    if (!await stream.MoveNextAsync().ConfigureAwait(false))
                        break;
                    updates.Add(stream.Current.Clone());
                    yield return stream.Current;
                }
            }
            await flight.LandAsync(updates.ToChatResponse()).ConfigureAwait(false);
        }
    }

    /// <summary>Whether an answer is there, and its key.</summary>
    public bool Look(IList<ChatMessage> messages, ChatOptions? options, out byte[] key) =>
        _store.Find(key = CacheKey.Of(_teacher, options?.ModelId ?? _model, messages, options)) is not null;

    /// <summary>The mean length of this teacher's stored answers, in tokens.</summary>
    public double? MeanAnswer() => _store.MeanAnswer(_teacher);

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
            _store.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Either the stored answer, or the right (and duty) to ask for it.</summary>
    private async Task<(Flight? Flight, string? Found)> JoinAsync(IList<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        var model = options?.ModelId ?? _model;
        var key = CacheKey.Of(_teacher, model, messages, options);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            var mine = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            var theirs = _store.Flights.GetOrAdd(key, mine);
            var found = theirs == mine ? null : await theirs.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (theirs != mine)
            {
                if (found is null)
                    continue;
                CountHit();
                return (null, found);
            }
            Flight flight;
            try
            {
                _store.Share();
                flight = new(this, key, model, options.GetSample(), mine);
            }
            catch
            {
                _store.Flights.TryRemove(key, out _);
                mine.TrySetResult(null);
                throw;
            }
            try
            {
                found = await flight.LeaseAsync(cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                await flight.DisposeAsync().ConfigureAwait(false);
                throw;
            }
            if (found is null)
            {
                TeacherTelemetry.CountCache(hit: false);
                return (flight, null);
            }
            await flight.DisposeAsync().ConfigureAwait(false);
            CountHit();
            return (null, found);
        }
    }

    private static IList<ChatMessage> Materialise(IEnumerable<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return messages as IList<ChatMessage> ?? [.. messages];
    }

    private static ChatOptions? Inner(ChatOptions? options)
    {
        if (options?.AdditionalProperties?.ContainsKey(ChatOptionsExtensions.SampleKey) != true)
            return options;
        var inner = options.Clone();
        inner.AdditionalProperties!.Remove(ChatOptionsExtensions.SampleKey);
        return inner;
    }

    private void CountHit()
    {
        _statistics.CountHit();
        TeacherTelemetry.CountCache(hit: true);
    }

    /// <summary>One question on its way.</summary>
    /// <remarks>Keeps the file open to its end: an answer that comes after the client was disposed of is paid for too.</remarks>
    private sealed class Flight(CachingChatClient client, byte[] key, string? model, int sample, TaskCompletionSource<string?> waiting) : IAsyncDisposable
    {
        private string? _answer;
        private bool _leased, _begun;

        /// <summary>Holds the slots of this question until its answer is stored.</summary>
        public CallScope Scope { get; } = new(client._store.Check);

        /// <summary>Waits until this process may ask (null), or until the answer is there.</summary>
        public async Task<string?> LeaseAsync(CancellationToken cancellationToken)
        {
            _answer = client._store.Find(key);
            if (_answer is null && client._mode == CacheMode.ReplayOnly)
                throw new CacheMissException(
                    $"The response cache of '{client._teacher}' is replayed only, and lacks an answer (key {Convert.ToHexString(key)[..16].ToLowerInvariant()}, model {model ?? "unknown"}, sample {sample}).");
            if (_answer is not null)
                return _answer;
            await client._asking.WaitAsync(cancellationToken).ConfigureAwait(false);
            _begun = true;
            for (var wait = 20; _answer is null; wait = Math.Min(1000, wait * 2))
            {
                (_answer, _leased) = await client._store.TryLeaseAsync(key).ConfigureAwait(false);
                if (_leased)
                    return null;
                if (_answer is null)
                    await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
            }
            return _answer;
        }

        /// <summary>Stores the whole answer.</summary>
        public async Task LandAsync(ChatResponse response)
        {
            var answer = StoredResponse.Write(response);
            await client._store.StoreAsync(new(
                key, client._teacher, model, sample, DateTimeOffset.UtcNow.ToString("O"), response.Usage?.InputTokenCount, response.Usage?.OutputTokenCount, answer)).ConfigureAwait(false);
            (_answer, _leased) = (answer, false);
            client._statistics.CountPaid();
        }

        /// <summary>Ends the flight; without an answer, the next waiting caller takes over.</summary>
        public async ValueTask DisposeAsync()
        {
            try
            {
                Scope.End();
                if (_begun)
                    client._asking.Release();
                if (_leased)
                {
                    client._statistics.CountFailed();
                    await client._store.ReleaseAsync(key).ConfigureAwait(false);
                }
            }
            finally
            {
                client._store.Flights.TryRemove(key, out _);
                waiting.TrySetResult(_answer);
                client._store.Dispose();
            }
        }
    }
}
