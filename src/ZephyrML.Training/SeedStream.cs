using System.Security.Cryptography;
using System.Text;

namespace ZephyrML.Training;

/// <summary>Random streams that hang on a seed, a stage's name and a number, and on nothing else: not on the order in which they are made.</summary>
internal static class SeedStream
{
    public static Random Create(int seed, string stage, long row)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{seed}|{stage}|{row}")));
        return new Random(BitConverter.ToInt32(hash, 0) & int.MaxValue);
    }

    /// <summary>The numbers 0..count-1 in random order.</summary>
    public static int[] Permutation(this Random random, int count)
    {
        var order = Enumerable.Range(0, count).ToArray();
        for (int i = count - 1; i > 0; i--)
        {
            int j = random.Next(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }
}
