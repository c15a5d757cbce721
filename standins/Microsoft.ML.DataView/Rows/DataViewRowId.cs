using System.Numerics;

namespace Microsoft.ML.Data;

/// <summary>A 128-bit row id. Ids of derived rows are one or two rounds of Murmur3's 128-bit mixing, so they stay distinct.</summary>
public readonly struct DataViewRowId : IComparable<DataViewRowId>, IEquatable<DataViewRowId>
{
    private const ulong C1 = 0x87c37b91114253d5, C2 = 0x4cf5ad432745937f;

    public readonly ulong Low;

    public readonly ulong High;

    public DataViewRowId(ulong low, ulong high) => (Low, High) = (low, high);

    public DataViewRowId Next() => Round(0, 0);

    // The low half gets its key's share after its rotation here, where Murmur3 would give it before; ids of the real package are so.
    public DataViewRowId Fork()
    {
        var next = Round(0, 0);
        return new(next.Low ^ (BitOperations.RotateLeft(C1, 31) * C2), next.High);
    }

    public DataViewRowId Combine(DataViewRowId other)
    {
        other = other.Fork();
        return Round(BitOperations.RotateLeft(other.Low * C1, 31) * C2, BitOperations.RotateLeft(other.High * C2, 33) * C1);
    }

    public int CompareTo(DataViewRowId other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    public bool Equals(DataViewRowId other) => Low == other.Low && High == other.High;

    public override bool Equals(object obj) => obj is DataViewRowId other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Low, High);

    public override string ToString() => $"{High:x16}{Low:x16}";

    private DataViewRowId Round(ulong lowKey, ulong highKey)
    {
        ulong low = BitOperations.RotateLeft(Low ^ lowKey, 27) + High;
        low = low * 5 + 0x52dce729;
        ulong high = BitOperations.RotateLeft(High ^ highKey, 31) + low;
        high = high * 5 + 0x38495ab5;
        return new(low, high);
    }
}
