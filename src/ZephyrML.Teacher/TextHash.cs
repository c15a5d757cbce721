using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ZephyrML.Teacher;

/// <summary>A number for texts, by which random choices hang on what is judged and not on the row: the same question is asked in the same way, and paid for once.</summary>
internal static class TextHash
{
    /// <summary>The first 64 bits of SHA-256 over the texts, each with its length before it.</summary>
    public static long Of(params IEnumerable<string> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in texts)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            hash.AppendData(BitConverter.GetBytes(bytes.LongLength));
            hash.AppendData(bytes);
        }
        return BinaryPrimitives.ReadInt64LittleEndian(hash.GetHashAndReset());
    }
}
