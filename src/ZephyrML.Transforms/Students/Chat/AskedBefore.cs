using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ZephyrML.Transforms.Students.Chat;

/// <summary>Counts how often each prompt was asked, so that K calls of one prompt draw K different replies, the same K in every run, whatever is asked in between.</summary>
internal sealed class AskedBefore
{
    private const int Capacity = 100_000;
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, long> _counts = [];

    /// <summary>How often this prompt was asked before; counts it.</summary>
    public long Count(int[] prompt)
    {
        var hash = SHA256.HashData(MemoryMarshal.AsBytes(prompt.AsSpan()));
        var key = MemoryMarshal.Read<UInt128>(hash);
        lock (_lock)
        {
            if (_counts.Count >= Capacity)
                _counts.Clear();
            return CollectionsMarshal.GetValueRefOrAddDefault(_counts, key, out _)++;
        }
    }
}
