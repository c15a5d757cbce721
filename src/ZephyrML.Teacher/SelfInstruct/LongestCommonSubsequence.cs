namespace ZephyrML.Teacher;

/// <summary>The length of the longest common subsequence, 64 positions at a time (Hyyrö 2004): V starts as all ones; for each symbol, V = (V + (V and M)) or (V and not M); the zeros of V count.</summary>
internal static class LongestCommonSubsequence
{
    public static int Length(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        if (a.Length == 0 || b.Length == 0)
            return 0;
        var blocks = (a.Length + 63) / 64;
        var masks = new Dictionary<int, ulong[]>();
        for (var i = 0; i < a.Length; i++)
        {
            if (!masks.TryGetValue(a[i], out var mask))
                masks[a[i]] = mask = new ulong[blocks];
            mask[i / 64] |= 1UL << (i % 64);
        }
        var v = new ulong[blocks];
        Array.Fill(v, ulong.MaxValue);
        foreach (var symbol in b)
        {
            if (!masks.TryGetValue(symbol, out var mask))
                continue;
            var carry = 0UL;
            for (var k = 0; k < blocks; k++)
            {
                var matched = v[k] & mask[k];
                var sum = v[k] + matched;
                var overflow = sum < matched ? 1UL : 0UL;
                sum += carry;
                overflow |= sum < carry ? 1UL : 0UL;
                (v[k], carry) = (sum | (v[k] & ~mask[k]), overflow);
            }
        }
        var length = 0;
        for (var i = 0; i < a.Length; i++)
            length += (v[i / 64] >> (i % 64) & 1) == 0 ? 1 : 0;
        return length;
    }
}
