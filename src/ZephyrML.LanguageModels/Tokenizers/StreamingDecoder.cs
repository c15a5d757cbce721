using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Decodes tokens as they come. A token may end in the middle of a character; what is given out are whole characters only, and all that was given out together is what
/// <see cref="LanguageModelTokenizer.Decode(ReadOnlySpan{int}, bool)"/> makes of all ids. (Of byte tokens that begin with whole characters and then turn out to be no
/// UTF-8, <c>Decode</c> makes nothing but U+FFFD; here the characters stay, as they are given out already.) For one thread at a time.
/// </summary>
public sealed class StreamingDecoder
{
    private readonly LanguageModelTokenizer tokenizer;
    private readonly bool skipSpecialTokens;
    private readonly List<byte> pending = [];
    private readonly List<int> window = [];
    private string given = "";
    private int givenIds;

    /// <param name="tokenizer">The tokenizer whose ids come.</param>
    /// <param name="skipSpecialTokens">Whether to leave special tokens out.</param>
    public StreamingDecoder(LanguageModelTokenizer tokenizer, bool skipSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>Whether something waits for the tokens that make it whole.</summary>
    internal bool Waits => pending.Count > 0 || window.Count > givenIds;

    /// <summary>Takes the next token.</summary>
    /// <returns>The text that is whole now; empty while a character waits for its rest.</returns>
    public string Add(int id)
    {
        if (tokenizer.IsByteLevel)
        {
            pending.AddRange(tokenizer.Bytes(id, skipSpecialTokens));
            var bytes = pending.ToArray().AsSpan();
            return Take(bytes.Length - Utf8Tail.Length(bytes));
        }
        window.Add(id);
        var text = Decode(0);
        return text.EndsWith('\uFFFD') ? "" : TakeWindow(text);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>U+FFFD for a character whose rest never came; else nothing.</returns>
    public string Finish() => tokenizer.IsByteLevel ? Take(pending.Count) : TakeWindow(Decode(0));

    private string Take(int count)
    {
        var text = Encoding.UTF8.GetString([.. pending.Take(count)]);
        pending.RemoveRange(0, count);
        return text;
    }

    // What the tokens of the last text given out make stays in the window, since the decoder may treat the start of a text differently.
    private string TakeWindow(string text)
    {
        var added = text.StartsWith(given, StringComparison.Ordinal) ? text[given.Length..] : Decode(givenIds);
        if (added.Length == 0)
        {
            // Nothing to see so far: these tokens stay, as what comes may still hang on them.
            given = text;
            givenIds = window.Count;
            return "";
        }
        window.RemoveRange(0, givenIds);
        given = Decode(0);
        givenIds = window.Count;
        return added;
    }

    private string Decode(int from) => tokenizer.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(window)[from..], skipSpecialTokens);
}
