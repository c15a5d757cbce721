using System.Text;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// How many tokens a call will take, before it is made: 3.5 bytes a token at first (a little too many for English, about right for Chinese), then scaled by what the
/// server has counted so far; for the answer its upper bound, or the mean of the answers so far. Safe for use by several threads.
/// </summary>
internal sealed class TokenEstimator(Func<string, int>? count = null)
{
    private const double BytesPerToken = 3.5;
    private const int PerMessage = 4, PerImage = 1000, Enough = 10;

    private readonly Lock _lock = new();
    private double _estimated, _counted, _answered;
    private long _answers;

    /// <summary>The prompt's tokens.</summary>
    public long Input(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var raw = Raw(messages, options);
        lock (_lock)
            return count is not null || _answers < Enough ? (long)Math.Ceiling(raw) : (long)Math.Ceiling(raw * Math.Clamp(_counted / _estimated, 0.25, 4));
    }

    /// <summary>The answer's tokens at most; <paramref name="unbounded"/> where the call sets no limit.</summary>
    public static long MostOutput(ChatOptions? options, long unbounded) => options?.MaxOutputTokens ?? unbounded;

    /// <summary>The answer's tokens, as the answers so far let expect.</summary>
    public long Output(ChatOptions? options, long unbounded)
    {
        lock (_lock)
            return Math.Min(MostOutput(options, unbounded), _answers < Enough ? long.MaxValue : (long)Math.Ceiling(_answered / _answers));
    }

    /// <summary>Learns from a whole answer.</summary>
    public void Learn(IEnumerable<ChatMessage> messages, ChatOptions? options, UsageDetails? usage)
    {
        if (usage?.InputTokenCount is not > 0 || usage.OutputTokenCount is not { } output)
            return;
        var raw = Raw(messages, options);
        lock (_lock)
            (_estimated, _counted, _answered, _answers) = (_estimated + raw, _counted + usage.InputTokenCount.Value, _answered + output, _answers + 1);
    }

    /// <summary>A text's tokens.</summary>
    public long Of(string text) => count is not null ? count(text) : (long)Math.Ceiling(Encoding.UTF8.GetByteCount(text) / BytesPerToken);

    private double Raw(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        double sum = 3 + (options?.Instructions is { } instructions ? Of(instructions) + PerMessage : 0);
        foreach (var message in messages)
        {
            sum += PerMessage;
            foreach (var content in message.Contents)
                sum += content is TextContent { Text: { } text } ? Of(text) : content is DataContent or UriContent ? PerImage : 0;
        }
        return sum;
    }
}
