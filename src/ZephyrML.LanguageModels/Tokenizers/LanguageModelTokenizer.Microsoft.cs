using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace ZephyrML.LanguageModels;

// What a Tokenizer of Microsoft.ML.Tokenizers must do. Offsets are those of the text that was given, never of a normalised one, so NormalizedText is null.
public sealed partial class LanguageModelTokenizer
{
    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.MaxTokenCount);
        var list = new TokenList(detailed: true);
        encoder.Encode(text ?? textSpan.ToString(), list, normalize: settings.ConsiderNormalization, split: settings.ConsiderPreTokenization);
        var all = Process([list], addSpecialTokens: false)[0];
        var (ids, offsets) = (all.Ids, all.Offsets);
        var count = Math.Min(ids.Count, settings.MaxTokenCount);
        var found = new EncodedToken[count];
        for (var i = 0; i < count; i++)
            found[i] = new EncodedToken(ids[i], IdToToken(ids[i])!, new Range(offsets[i].Start, offsets[i].End));
        var consumed = count < ids.Count ? offsets[count - 1].End : text?.Length ?? textSpan.Length;
        return new EncodeResults<EncodedToken> { Tokens = found, CharsConsumed = consumed };
    }

    /// <inheritdoc/>
    /// <remarks>Special tokens are written too. Only whole characters are: where a character's tokens do not all fit, none of them is consumed.</remarks>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        ArgumentNullException.ThrowIfNull(ids);
        idsConsumed = charsWritten = 0;
        if (!IsByteLevel)
            return DecodeTexts(ids, destination, out idsConsumed, out charsWritten);
        var pending = new List<byte>();
        var read = 0;
        foreach (var id in ids)
        {
            read++;
            pending.AddRange(Bytes(id, skipSpecialTokens: false));
            var bytes = pending.ToArray();
            if (Utf8Tail.Length(bytes) > 0)
                continue;
            if (!Encoding.UTF8.TryGetChars(bytes, destination[charsWritten..], out var written))
                return OperationStatus.DestinationTooSmall;
            charsWritten += written;
            idsConsumed = read;
            pending.Clear();
        }
        if (pending.Count > 0)
        {
            if (!Encoding.UTF8.TryGetChars(pending.ToArray(), destination[charsWritten..], out var written))
                return OperationStatus.DestinationTooSmall;
            charsWritten += written;
        }
        idsConsumed = read;
        return OperationStatus.Done;
    }

    // A text that waits for more tokens is written with those that make it whole.
    private OperationStatus DecodeTexts(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        idsConsumed = charsWritten = 0;
        var decoder = new StreamingDecoder(this, skipSpecialTokens: false);
        var read = 0;
        foreach (var id in ids)
        {
            read++;
            var text = decoder.Add(id);
            if (!text.TryCopyTo(destination[charsWritten..]))
                return OperationStatus.DestinationTooSmall;
            charsWritten += text.Length;
            if (!decoder.Waits)
                idsConsumed = read;
        }
        var rest = decoder.Finish();
        if (!rest.TryCopyTo(destination[charsWritten..]))
            return OperationStatus.DestinationTooSmall;
        charsWritten += rest.Length;
        idsConsumed = read;
        return OperationStatus.Done;
    }

    /// <summary>The text of token ids, special tokens included.</summary>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return Decode([.. ids], skipSpecialTokens: false);
    }
}
