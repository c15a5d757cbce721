using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// Equal servers of one model as one client: the way to a cluster of vLLM servers. Each call goes to the replica with the fewest calls under way. One that fails
/// is taken out and its call goes to another; after a while one call at a time tries it again. If all are out, calls fail with the time of the next try, for which
/// a retry around the pool waits. <code>TeacherClient.Create(new ReplicaPool(clients), new() { Name = "mistral", MaxConcurrency = 256 })</code>
/// </summary>
public sealed class ReplicaPool : IChatClient
{
    private readonly List<Replica> _replicas;
    private readonly ReplicaPoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ChatClientMetadata? _metadata;
    private readonly Redactor _redactor;
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = New();
    private int _next;

    /// <summary>Makes a pool.</summary>
    /// <param name="replicas">The clients, one a server. The pool disposes of them.</param>
    /// <param name="options">When one is taken out; null: the defaults.</param>
    /// <exception cref="ArgumentException">There is none, or the options are invalid.</exception>
    public ReplicaPool(IEnumerable<IChatClient> replicas, ReplicaPoolOptions? options = null) : this(Named(replicas), options, TimeProvider.System) { }

    /// <summary>Makes a pool of replicas with names, which messages and <see cref="Replicas"/> use.</summary>
    /// <param name="replicas">The clients by name, one a server. The pool disposes of them.</param>
    /// <param name="options">When one is taken out; null: the defaults.</param>
    /// <exception cref="ArgumentException">There is none, or the options are invalid.</exception>
    public ReplicaPool(IEnumerable<KeyValuePair<string, IChatClient>> replicas, ReplicaPoolOptions? options = null) : this(replicas, options, TimeProvider.System) { }

    internal ReplicaPool(IEnumerable<KeyValuePair<string, IChatClient>> replicas, ReplicaPoolOptions? options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(replicas);
        _options = (options ?? new()).Copy();
        _options.Validate();
        _replicas = [.. replicas.Select(r => new Replica(r.Key, r.Value ?? throw new ArgumentException($"Replica '{r.Key}' is null.", nameof(replicas))))];
        if (_replicas.Count == 0)
            throw new ArgumentException("Give at least one replica.", nameof(replicas));
        _time = time;
        var metadata = _replicas.Select(r => r.Client.GetService<ChatClientMetadata>()).ToList();
        _metadata = metadata.TrueForAll(m => m is not null && m.ProviderName == metadata[0]!.ProviderName && m.DefaultModelId == metadata[0]!.DefaultModelId)
            ? new(metadata[0]!.ProviderName, null, metadata[0]!.DefaultModelId) : null;
        _redactor = new([.. _replicas.Select(r => r.Client.GetService<Redactor>()).OfType<Redactor>()]);
    }

    /// <summary>How the replicas are now.</summary>
    public IReadOnlyList<ReplicaStatus> Replicas
    {
        get
        {
            lock (_lock)
                return [.. _replicas.Select(r => r.Status())];
        }
    }

    internal IEnumerable<IChatClient> Clients => _replicas.Select(r => r.Client);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        return serviceType == typeof(ChatClientMetadata) ? _metadata : serviceType == typeof(Redactor) ? _redactor : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var list = messages as IList<ChatMessage> ?? [.. messages];
        for (var tried = new HashSet<Replica>(); ;)
        {
            var replica = await TakeAsync(tried, cancellationToken).ConfigureAwait(false);
            try
            {
                var response = await replica.Client.GetResponseAsync(list, options, cancellationToken).ConfigureAwait(false);
                End(replica, null, cancellationToken);
                return response;
            }
            catch (Exception e) when (End(replica, e, cancellationToken) && HasAnother(tried, replica))
            {
                // the next replica
            }
        }
    }

    /// <summary>As a whole answer; a stream that breaks after its first piece is not moved to another replica.</summary>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var list = messages as IList<ChatMessage> ?? [.. messages];
        for (var tried = new HashSet<Replica>(); ;)
        {
            var replica = await TakeAsync(tried, cancellationToken).ConfigureAwait(false);
            var stream = replica.Client.GetStreamingResponseAsync(list, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
            var (ended, begun) = (false, false);
            try
            {
                while (true)
                {
                    try
                    {
                        if (!await stream.MoveNextAsync().ConfigureAwait(false))
                            break;
                    }
                    catch (Exception e) when (Ended(out ended) && End(replica, e, cancellationToken) && !begun && HasAnother(tried, replica))
                    {
                        goto Next;
                    }
                    begun = true;
                    yield return stream.Current;
                }
                ended = true;
                End(replica, null, cancellationToken);
                yield break;
            }
            finally
            {
                if (!ended)
                    Leave(replica);
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        Next:;
        }
    }

    /// <summary>Disposes of the replicas.</summary>
    public void Dispose() => _replicas.ForEach(r => r.Client.Dispose());

    private static IEnumerable<KeyValuePair<string, IChatClient>> Named(IEnumerable<IChatClient> replicas)
    {
        ArgumentNullException.ThrowIfNull(replicas);
        return replicas.Select((client, i) => KeyValuePair.Create($"{i}", client));
    }

    private async Task<Replica> TakeAsync(HashSet<Replica> tried, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                var now = _time.GetUtcNow();
                var open = Enumerable.Range(0, _replicas.Count).Select(i => _replicas[(_next + i) % _replicas.Count])
                    .Where(r => !tried.Contains(r) && r.IsOpen(now, _options.MaxConcurrencyPerReplica)).MinBy(r => r.UnderWay);
                if (open is not null)
                {
                    _next = (_replicas.IndexOf(open) + 1) % _replicas.Count;
                    open.Take();
                    return open;
                }
                if (_replicas.TrueForAll(r => r.OutUntil is not null || tried.Contains(r)))
                    throw AllOut(now);
                changed = _changed.Task;
            }
            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private TeacherException AllOut(DateTimeOffset now)
    {
        var wait = _replicas.Min(r => r.OutUntil ?? now) - now;
        return new TeacherException($"No replica is in: {string.Join("; ", _replicas.Select(r => $"{r.Name}: {r.Status().LastFailure ?? "tried"}"))}")
        {
            IsTransient = true,
            RetryAfter = wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(50),
        };
    }

    /// <summary>Notes how a call ended. Whether another replica may do better.</summary>
    private bool End(Replica replica, Exception? e, CancellationToken cancellationToken)
    {
        var failure = e is null ? default : Failure.Of(e);
        lock (_lock)
        {
            if (e is null)
                replica.Succeed();
            else if (failure.IsTransient && !cancellationToken.IsCancellationRequested)
                replica.Fail(failure, e.Message, _time.GetUtcNow(), _options);
            else
                replica.Leave();
            Signal();
        }
        return failure.IsTransient && !cancellationToken.IsCancellationRequested;
    }

    private void Leave(Replica replica)
    {
        lock (_lock)
        {
            replica.Leave();
            Signal();
        }
    }

    /// <summary>Whether a replica is left that this call has not tried and that is in; the last failure is told as it is where there is none.</summary>
    private bool HasAnother(HashSet<Replica> tried, Replica failed)
    {
        tried.Add(failed);
        lock (_lock)
        {
            var now = _time.GetUtcNow();
            return _replicas.Exists(r => !tried.Contains(r) && (r.OutUntil is null || r.OutUntil <= now));
        }
    }

    private static bool Ended(out bool ended) => ended = true;

    private void Signal()
    {
        var before = _changed;
        _changed = New();
        before.TrySetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
