using System.Collections.Concurrent;

namespace Microsoft.ML.Runtime;

/// <summary>
/// The environment behind an MLContext (no parent) and every host registered from it. A registered host draws its generator's
/// seed from its parent's, so the order of registration decides which numbers a component gets.
/// </summary>
internal sealed class HostEnvironment : IHostEnvironmentInternal, IHost
{
    private readonly HostEnvironment _parent;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, object> _options = [];
    private readonly ConcurrentDictionary<Type, Delegate> _listeners;
    private readonly string _name;

    public HostEnvironment(int? seed)
    {
        Seed = seed;
        Rand = TauswortheRandom.Create(seed);
        ComponentCatalog = new ComponentCatalog();
        _listeners = new();
    }

    private HostEnvironment(HostEnvironment parent, string name, Random rand)
    {
        _parent = parent;
        _name = name;
        _listeners = parent._listeners;
        Rand = rand;
        Seed = parent.Seed;
        ComponentCatalog = parent.ComponentCatalog;
        TempFilePath = parent.TempFilePath;
        GpuDeviceId = parent.GpuDeviceId;
        FallbackToCpu = parent.FallbackToCpu;
    }

    public int? Seed { get; }

    public Random Rand { get; }

    public ComponentCatalog ComponentCatalog { get; }

    public string TempFilePath { get; set; } = Path.GetTempPath();

    public int? GpuDeviceId { get; set; }

    public bool FallbackToCpu { get; set; }

    public string FullName => _parent?.FullName is { } above ? $"{above}; {_name}" : _name;

    public string ContextDescription => _parent == null ? "HostEnvironment" : FullName;

    public IHost Register(string name, int? seed = null, bool? verbose = null)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        lock (_gate)
            return new HostEnvironment(this, name, seed is { } own ? TauswortheRandom.Create(own) : new TauswortheRandom(Rand));
    }

    public IChannel Start(string name) => new Channel(this, name);

    public IPipe<TMessage> StartPipe<TMessage>(string name) => new Pipe<TMessage>(this, name);

    public IProgressChannel StartProgressChannel(string name)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        return new ProgressChannel(this);
    }

    public TException Process<TException>(TException ex) where TException : Exception
    {
        if (ex == null)
            return null;
        ex.Data["Throwing component"] = _parent == null ? "Environment" : _name;
        if (_parent != null)
            ex.Data["Parent component"] = _parent.FullName;
        return Contracts.Mark(ex);
    }

    /// <summary>Calls back for every message of the type; the first argument is the full name of the channel that sent it.</summary>
    public void AddListener<TMessage>(Action<string, TMessage> listener)
        => _listeners.AddOrUpdate(typeof(TMessage), listener, (_, all) => Delegate.Combine(all, listener));

    public void Send<TMessage>(string channel, TMessage message)
    {
        if (_listeners.TryGetValue(typeof(TMessage), out var listeners))
            ((Action<string, TMessage>)listeners)(FullName is { } above ? $"{above}; {channel}" : channel, message);
    }

    public bool TryAddOption<T>(string name, T value)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw new ArgumentNullException(nameof(name));
        return _options.TryAdd(name, value);
    }

    public void SetOption<T>(string name, T value)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw new ArgumentNullException(nameof(name));
        _options[name] = value;
    }

    public bool TryGetOption<T>(string name, out T value)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw new ArgumentNullException(nameof(name));
        bool found = _options.TryGetValue(name, out var held) && held is T;
        value = found ? (T)held : default;
        return found;
    }

    public T GetOptionOrDefault<T>(string name)
    {
        TryAddOption<T>(name, default);
        return (T)_options[name];
    }

    public bool RemoveOption(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw new ArgumentNullException(nameof(name));
        return _options.Remove(name);
    }
}
