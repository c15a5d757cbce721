using ZephyrML.LanguageModels;

namespace ZephyrML.Transforms.Students;

/// <summary>One copy of weights that several handles hold; the last one that lets go frees the tensors. All of them generate in one batch.</summary>
internal sealed class SharedModel(LanguageModel model)
{
    private readonly Lock _lock = new();
    private GenerationService? _service;
    private int _holders;
    private bool _freed;
    private string? _key;

    /// <summary>How many hold it now.</summary>
    public int Holders
    {
        get
        {
            lock (_lock)
                return _holders;
        }
    }

    /// <summary>The model; whoever reads it holds it.</summary>
    public LanguageModel Model
    {
        get
        {
            ObjectDisposedException.ThrowIf(_freed, typeof(StudentTransformer));
            return model;
        }
    }

    /// <summary>Names the model's base by its content: the weights and all that stands beside them. Two models with one key and no adapter are interchangeable.</summary>
    public string Key
    {
        get
        {
            lock (_lock)
                return _key ??= ModelFiles.Key(Model);
        }
    }

    /// <summary>Generates for all holders; whoever uses it holds the model until the reply is there.</summary>
    public GenerationService Service
    {
        get
        {
            lock (_lock)
                return _service ??= new GenerationService(Model);
        }
    }

    /// <summary>Takes hold of the weights until the result is disposed.</summary>
    public IDisposable Hold()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_freed, typeof(StudentTransformer));
            _holders++;
        }
        return new Handle(this);
    }

    /// <summary>As <see cref="Hold"/>; null where the weights are gone.</summary>
    public IDisposable? TryHold()
    {
        lock (_lock)
        {
            if (_freed)
                return null;
            _holders++;
        }
        return new Handle(this);
    }

    /// <summary>A dialogue whose reply is wanted, as token ids.</summary>
    public int[] Encode(IReadOnlyList<ChatTurn> turns) => ChatTokenizer.EncodePrompt(model.Tokenizer, model.Template, turns);

    /// <summary>Answers a dialogue whose last turn is the user's, together with all others that are under way.</summary>
    public async Task<string> ReplyAsync(IReadOnlyList<ChatTurn> turns, GenerationOptions options, CancellationToken cancellationToken)
    {
        using var hold = Hold();
        return (await Service.GenerateAsync(Encode(turns), options, cancellationToken).ConfigureAwait(false)).Text;
    }

    private void Release()
    {
        lock (_lock)
        {
            if (--_holders > 0)
                return;
            _freed = true;
        }
        _service?.Dispose();
        model.Dispose();
    }

    private sealed class Handle(SharedModel owner) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
                owner.Release();
        }
    }
}
