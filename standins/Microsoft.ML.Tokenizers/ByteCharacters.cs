using System.Text;

namespace Microsoft.ML.Tokenizers;

/// <summary>GPT-2's printable characters for bytes.</summary>
internal static class ByteCharacters
{
    private static readonly char[] OfByte = Make();
    private static readonly Dictionary<char, byte> ToByte = Enumerable.Range(0, 256).ToDictionary(b => OfByte[b], b => (byte)b);

    /// <summary>A text's UTF-8 bytes as characters, and for each the UTF-16 unit where its character starts.</summary>
    public static (string Text, int[] Units) Write(ReadOnlySpan<char> text)
    {
        var written = new StringBuilder();
        var units = new List<int>();
        Span<byte> bytes = stackalloc byte[4];
        for (var i = 0; i < text.Length;)
        {
            // A lone surrogate is written as three bytes, as the real class does, not as U+FFFD.
            var length = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) ? 2 : 1;
            int count;
            if (char.IsSurrogate(text[i]) && length == 1)
                (bytes[0], bytes[1], bytes[2], count) = ((byte)(0xE0 | (text[i] >> 12)), (byte)(0x80 | ((text[i] >> 6) & 0x3F)), (byte)(0x80 | (text[i] & 0x3F)), 3);
            else
                count = Encoding.UTF8.GetBytes(text.Slice(i, length), bytes);
            for (var b = 0; b < count; b++)
            {
                written.Append(OfByte[bytes[b]]);
                units.Add(i);
            }
            i += length;
        }
        return (written.ToString(), [.. units]);
    }

    /// <summary>Adds the bytes that a token's characters stand for; a character that stands for none is taken as it is.</summary>
    public static void Read(string token, List<byte> bytes)
    {
        foreach (var rune in token.EnumerateRunes())
        {
            if (rune.IsBmp && ToByte.TryGetValue((char)rune.Value, out var value))
                bytes.Add(value);
            else
                bytes.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
        }
    }

    private static char[] Make()
    {
        var next = (char)256;
        return [.. Enumerable.Range(0, 256).Select(b => b is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 ? (char)b : next++)];
    }
}
