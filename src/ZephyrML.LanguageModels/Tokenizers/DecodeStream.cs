namespace ZephyrML.LanguageModels;

/// <summary>
/// Streaming as the tokenizers library's <c>DecodeStream</c> has it, chunk for chunk: text is held back while it ends in U+FFFD, and what is held back at the end is never
/// given out. <see cref="StreamingDecoder"/> gives all of it. For one thread at a time.
/// </summary>
/// <param name="tokenizer">The tokenizer whose ids come.</param>
/// <param name="skipSpecialTokens">Whether to leave special tokens out.</param>
public sealed class DecodeStream(LanguageModelTokenizer tokenizer, bool skipSpecialTokens = true)
{
    private readonly List<int> ids = [];
    private string prefix = "";
    private int prefixIds;

    /// <summary>Takes the next token.</summary>
    /// <returns>The text that is whole now, or null while there is none.</returns>
    /// <exception cref="InvalidOperationException">What the tokens so far make is not how the text with this token begins: bytes that were characters are none with it.</exception>
    public string? Step(int id)
    {
        if (prefix.Length == 0 && ids.Count > 0 && Decode() is var start && !start.EndsWith('\uFFFD'))
            (prefix, prefixIds) = (start, ids.Count);
        ids.Add(id);
        var text = Decode();
        if (System.Text.Encoding.UTF8.GetByteCount(text) <= System.Text.Encoding.UTF8.GetByteCount(prefix) || text.EndsWith('\uFFFD'))
            return null;
        if (!text.StartsWith(prefix, StringComparison.Ordinal))
            throw new InvalidOperationException($"Token {id} changes what was decoded before: '{prefix}' is not the start of '{text}'.");
        var added = text[prefix.Length..];
        var left = ids.Count - prefixIds;
        ids.RemoveRange(0, prefixIds);
        prefix = Decode();
        prefixIds = left;
        return added;
    }

    private string Decode() => tokenizer.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids), skipSpecialTokens);
}
