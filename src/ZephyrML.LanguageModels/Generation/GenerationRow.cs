using System.Runtime.InteropServices;

namespace ZephyrML.LanguageModels;

/// <summary>One prompt on its way through a <see cref="GenerationEngine"/>.</summary>
/// <param name="prompt">Token ids; checked.</param>
/// <param name="options">How; checked, and not changed any more.</param>
/// <param name="row">The number by which it draws.</param>
/// <param name="limit">At most so many tokens.</param>
/// <param name="stopIds">Tokens that end it.</param>
/// <param name="text">Its text; null where only the tokens count.</param>
/// <param name="cancellation">Ends this row alone.</param>
internal sealed class GenerationRow(int[] prompt, GenerationOptions options, long row, int limit, IReadOnlySet<int> stopIds, ReplyText? text, CancellationToken cancellation)
{
    private readonly List<int> _context = [.. prompt];
    private TokenSampler? _sampler;

    /// <summary>Told each piece of text as it becomes certain.</summary>
    public Action<string>? TextCame { get; init; }

    /// <summary>Told when it is done: the reason, or what went wrong (an <see cref="OperationCanceledException"/> where it was cancelled).</summary>
    public Action<GenerationRow, Exception?>? Ended { get; init; }

    public GenerationOptions Options => options;
    public CancellationToken Cancellation => cancellation;
    public FinishReason Reason { get; private set; }

    /// <summary>Prompt and reply so far.</summary>
    public ReadOnlySpan<int> Context => CollectionsMarshal.AsSpan(_context);

    /// <summary>The reply so far.</summary>
    public int[] Output => [.. Context[prompt.Length..]];

    /// <summary>How many of the context's tokens the cache holds.</summary>
    public int Cached { get; set; }

    /// <summary>Takes the next token by its logits.</summary>
    /// <returns>Whether that was the last one.</returns>
    public bool Take(Span<float> logits, CandidateList candidates)
    {
        _sampler ??= new TokenSampler(options, row, candidates);
        int token = _sampler.Next(logits, Context, prompt.Length, stopIds);
        if (token < 0 || stopIds.Contains(token))
        {
            Reason = FinishReason.StopToken;
            return true;
        }
        _context.Add(token);
        if (text is not null)
        {
            Give(text.Add(token));
            if (text.Stopped)
            {
                Reason = FinishReason.StopString;
                return true;
            }
        }
        return _context.Count - prompt.Length >= limit;
    }

    public void End(Exception? error)
    {
        if (error is null && text is not null)
        {
            Give(text.Finish());
            if (text.Stopped) Reason = FinishReason.StopString;
        }
        Ended?.Invoke(this, error);
    }

    private void Give(string piece)
    {
        if (piece.Length > 0) TextCame?.Invoke(piece);
    }
}
