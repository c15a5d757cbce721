using ZephyrML.Teacher;

namespace ZephyrML.Fitting;

/// <summary>Which rows are held out: hangs on the seed and the row, not on the order of reading.</summary>
internal sealed class RowSplit(int seed, string stage, double fraction)
{
    public bool IsHeldOut(long row) => fraction > 0 && new SeedStream(seed, $"{stage} held out", row).NextDouble() < fraction;
}
