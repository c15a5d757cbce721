namespace ZephyrML.Teacher;

/// <summary>
/// The length of the longest common subsequence of one sequence with others, 64 positions at a time (Hyyrö 2004): V starts as all ones; for each symbol,
/// V = (V + (V and M)) or (V and not M); the zeros of V count.
/// </summary>
internal sealed class LongestCommonSubsequence
{
    private readonly int _length;
    private readonly ulong[] _v;
    private readonly Dictionary<int, ulong[]> _masks = [];

    public LongestCommonSubsequence(ReadOnlySpan<int> a)
    {
        _length = a.Length;
        _v = new ulong[(a.Length + 63) / 64];
        for (var i = 0; i < a.Length; i++)
        {
            if (!_masks.TryGetValue(a[i], out var mask))
                _masks[a[i]] = mask = new ulong[_v.Length];
            mask[i / 64] |= 1UL << (i % 64);
        }
    }

    public static int Length(ReadOnlySpan<int> a, ReadOnlySpan<int> b) => new LongestCommonSubsequence(a).With(b);

    /// <summary>The length with <paramref name="b"/>.</summary>
    public int With(ReadOnlySpan<int> b)
    {
        var v = _v;
        Array.Fill(v, ulong.MaxValue);
        foreach (var symbol in b)
        {
            if (!_masks.TryGetValue(symbol, out var mask))
                continue;
            var carry = 0UL;
            for (var k = 0; k < v.Length; k++)
            {
                var matched = v[k] & mask[k];
                var sum = v[k] + matched;
                var overflow = sum < matched ? 1UL : 0UL;
                sum += carry;
                overflow |= sum < carry ? 1UL : 0UL;
                (v[k], carry) = (sum | (v[k] & ~mask[k]), overflow);
            }
        }
        var ones = 0;
        for (var k = 0; k < v.Length; k++)
            ones += System.Numerics.BitOperations.PopCount(k == v.Length - 1 && _length % 64 != 0 ? v[k] & ((1UL << (_length % 64)) - 1) : v[k]);
        return _length - ones;
    }
}
