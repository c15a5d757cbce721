using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Decodes tokens as they come. A token may end in the middle of a character; what is given out are whole characters only, and all that was given out together is what
/// <see cref="LanguageModelTokenizer.Decode(ReadOnlySpan{int}, bool)"/> makes of all ids. For one thread at a time.
/// </summary>
public sealed class StreamingDecoder
{
    private readonly LanguageModelTokenizer tokenizer;
    private readonly bool skipSpecialTokens;
    private readonly List<byte> pending = [];

    /// <param name="tokenizer">The tokenizer whose ids come.</param>
    /// <param name="skipSpecialTokens">Whether to leave special tokens out.</param>
    public StreamingDecoder(LanguageModelTokenizer tokenizer, bool skipSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>Takes the next token.</summary>
    /// <returns>The text that is whole now; empty while a character waits for its rest.</returns>
    public string Add(int id)
    {
        pending.AddRange(tokenizer.Bytes(id, skipSpecialTokens));
        var bytes = pending.ToArray().AsSpan();
        return Take(bytes.Length - Utf8Tail.Length(bytes));
    }

    /// <summary>Ends the text.</summary>
    /// <returns>U+FFFD for a character whose rest never came; else nothing.</returns>
    public string Finish() => Take(pending.Count);

    private string Take(int count)
    {
        var text = Encoding.UTF8.GetString([.. pending.Take(count)]);
        pending.RemoveRange(0, count);
        return text;
    }
}
