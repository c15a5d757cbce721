using ZephyrML.LanguageModels;

namespace ZephyrML.Transforms.Students;

/// <summary>One copy of weights that several handles hold; the last one that lets go frees the tensors. Generation is one at a time.</summary>
internal sealed class SharedModel(LanguageModel model)
{
    private readonly Lock _lock = new();
    private readonly Lock _generation = new();
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

    /// <summary>Names the model by its content: the weights and all that stands beside them. Two models with one key are interchangeable.</summary>
    public string Key
    {
        get
        {
            lock (_lock)
                return _key ??= ModelFiles.Key(Model);
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

    /// <summary>Answers dialogues, each whose last turn is the user's, in one batch.</summary>
    public IReadOnlyList<string> Reply(IReadOnlyList<IReadOnlyList<ChatTurn>> dialogues, GenerationOptions options, CancellationToken cancellationToken)
    {
        using var hold = Hold();
        var prompts = dialogues.Select(turns => ChatTokenizer.EncodePrompt(model.Tokenizer, model.Template, turns)).ToList();
        lock (_generation)
            return [.. TextGenerator.Generate(model, prompts, options, cancellationToken).Select(reply => reply.Text)];
    }

    private void Release()
    {
        lock (_lock)
        {
            if (--_holders > 0)
                return;
            _freed = true;
        }
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
