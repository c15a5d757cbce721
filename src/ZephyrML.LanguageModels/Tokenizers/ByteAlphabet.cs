namespace ZephyrML.LanguageModels;

/// <summary>
/// GPT-2's way to write bytes as printable characters: printable Latin-1 bytes stand for themselves, the other 68 for U+0100 and up (a space is 'Ġ').
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Chars = MakeChars();
    private static readonly short[] Bytes = MakeBytes();

    /// <summary>The character of each byte.</summary>
    public static ReadOnlySpan<char> Characters => Chars;

    /// <summary>Writes bytes as their characters.</summary>
    public static void Write(ReadOnlySpan<byte> bytes, Span<char> characters)
    {
        for (var i = 0; i < bytes.Length; i++)
            characters[i] = Chars[bytes[i]];
    }

    /// <summary>Writes text[start..end] as the characters of its bytes, each of which stands for the character that its byte is of.</summary>
    public static void Rewrite(string text, int start, int end, TextRewriter rewriter)
    {
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = start; i < end;)
        {
            var plain = text.AsSpan(i, end - i).IndexOfAnyExceptInRange('\0', '\x7F');
            var next = plain < 0 ? end : i + plain;
            rewriter.Map(i, next, Chars);
            if ((i = next) == end)
                break;
            System.Text.Rune.DecodeFromUtf16(text.AsSpan(i, end - i), out var rune, out var length);
            var count = rune.EncodeToUtf8(utf8);
            for (var k = 0; k < count; k++)
                rewriter.Append(Chars[utf8[k]], i);
            i += length;
        }
    }

    /// <summary>The byte that a character stands for, or -1.</summary>
    public static int ToByte(char character) => character < Bytes.Length ? Bytes[character] : -1;

    private static char[] MakeChars()
    {
        var chars = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
            chars[b] = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF ? (char)b : (char)next++;
        return chars;
    }

    private static short[] MakeBytes()
    {
        var bytes = new short[Chars.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (var b = 0; b < 256; b++)
            bytes[Chars[b]] = (short)b;
        return bytes;
    }
}
