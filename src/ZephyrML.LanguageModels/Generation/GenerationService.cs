using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;

namespace ZephyrML.LanguageModels;

/// <summary>
/// One model for many callers: prompts that come at the same time are generated in one batch, each with options of its own, and a caller who leaves leaves the others alone. A row's
/// text depends on its prompt, options and number only, never on who else asks. Safe to use from several threads.
/// </summary>
/// <param name="model">The model; whoever owns it disposes it after this.</param>
public sealed class GenerationService(LanguageModel model) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly object _gate = new();
    private readonly Queue<GenerationRow> _new = [];
    private Thread? _worker;
    private bool _disposed;

    /// <summary>Continues a prompt until a stop token, a stop string or the limit.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="options">How. <see cref="GenerationOptions.BatchSize"/>: it waits while so many others are under way.</param>
    /// <param name="ct">Ends this row, and no other.</param>
    /// <exception cref="ArgumentException">The prompt is empty, has ids outside the vocabulary or fills the model's longest sequence; or the options are wrong.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<GeneratedText> GenerateAsync(int[] prompt, GenerationOptions options, CancellationToken ct = default) => Start(prompt, options, null, ct);

    /// <summary>The same, giving each piece of text as it comes: whole characters only, and all pieces together are the reply. The last one tells how it ended.</summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="options">How.</param>
    /// <param name="ct">Ends this row, and no other; so does leaving the enumeration.</param>
    public async IAsyncEnumerable<GeneratedPiece> StreamAsync(int[] prompt, GenerationOptions options, [EnumeratorCancellation] CancellationToken ct = default)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var pieces = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var whole = Start(prompt, options, pieces.Writer, left.Token);
        try
        {
            await foreach (string piece in pieces.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) yield return new GeneratedPiece(piece, null);
            ct.ThrowIfCancellationRequested();
            yield return new GeneratedPiece("", await whole.ConfigureAwait(false));
        }
        finally
        {
            await left.CancelAsync().ConfigureAwait(false);
            await ((Task)whole).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);      // nothing of it uses the model any more when the caller goes on
        }
    }

    /// <summary>Ends what is under way (its callers get an <see cref="ObjectDisposedException"/>) and waits for it.</summary>
    public void Dispose()
    {
        Thread? worker;
        lock (_gate)
        {
            _disposed = true;
            worker = _worker;
            Monitor.PulseAll(_gate);
        }
        if (worker != Thread.CurrentThread) worker?.Join();
    }

    private Task<GeneratedText> Start(int[] prompt, GenerationOptions options, ChannelWriter<string>? pieces, CancellationToken ct)
    {
        options = TextGenerator.Checked(options);
        var done = new TaskCompletionSource<GeneratedText>(TaskCreationOptions.RunContinuationsAsynchronously);
        var text = new StringBuilder();
        var row = TextGenerator.Row(model.Config, prompt, null, model.StopTokenIds, options, new ReplyText(model.Tokenizer, options.StopStrings), piece =>
        {
            text.Append(piece);
            pieces?.TryWrite(piece);
        }, (row, error) =>
        {
            if (error is OperationCanceledException) done.TrySetCanceled(ct);
            else if (error is not null) done.TrySetException(error);
            else done.TrySetResult(new GeneratedText(row.Output, text.ToString(), row.Reason));
            pieces?.TryComplete();
        }, ct);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _new.Enqueue(row);
            Monitor.PulseAll(_gate);
            if (_worker is null)
            {
                _worker = new Thread(Work) { IsBackground = true, Name = "ZephyrML generation" };
                _worker.Start();
            }
        }
        return done.Task;
    }

    private void Work()
    {
        using var engine = new GenerationEngine(model.Network);
        while (true)
        {
            lock (_gate)
            {
                if (_disposed)
                {
                    while (_new.TryDequeue(out var row)) engine.Add(row);
                    _worker = null;
                    break;
                }
                if (_new.Count == 0 && !engine.Busy && !Monitor.Wait(_gate, Patience) && _new.Count == 0 && !_disposed)
                {
                    _worker = null;      // nobody came; the next one starts another
                    return;
                }
                while (_new.TryDequeue(out var row)) engine.Add(row);
            }
            try
            {
                if (engine.Busy) engine.Step();
            }
            catch (Exception e)
            {
                engine.Fail(e);
            }
        }
        engine.Fail(new ObjectDisposedException(nameof(GenerationService)));
    }
}
