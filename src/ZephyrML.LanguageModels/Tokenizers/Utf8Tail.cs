namespace ZephyrML.LanguageModels;

/// <summary>The end of UTF-8 that may still become a character.</summary>
internal static class Utf8Tail
{
    /// <summary>How many bytes at the end begin a character whose rest is missing; 0 where the text ends with a whole character, or with bytes that nothing can make whole.</summary>
    public static int Length(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length <= Math.Min(3, bytes.Length); length++)
        {
            if ((bytes[^length] & 0xC0) == 0x80)
                continue;
            var tail = bytes[^length..];
            return System.Text.Rune.DecodeFromUtf8(tail, out _, out _) == System.Buffers.OperationStatus.NeedMoreData ? length : 0;
        }
        return 0;
    }
}
