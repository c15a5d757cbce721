namespace ZephyrML.Teacher;

/// <summary>Keys by their bytes.</summary>
internal sealed class ByteArrayComparer : IEqualityComparer<byte[]>
{
    public static ByteArrayComparer Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] key) => key.Length < 4 ? 0 : BitConverter.ToInt32(key, 0);       // the bytes are a hash already
}
