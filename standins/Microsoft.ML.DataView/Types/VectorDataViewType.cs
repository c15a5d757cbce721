using System.Collections.Immutable;

namespace Microsoft.ML.Data;

/// <summary>A vector of a primitive type; a dimension of 0, and so a size of 0, is unknown.</summary>
public sealed class VectorDataViewType : StructuredDataViewType
{
    public VectorDataViewType(PrimitiveDataViewType itemType, int size = 0) : base(VectorOf(itemType))
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ItemType = itemType;
        Size = size;
        Dimensions = [size];
    }

    public VectorDataViewType(PrimitiveDataViewType itemType, params int[] dimensions)
        : this(itemType, ImmutableArray.Create(dimensions ?? throw new ArgumentOutOfRangeException(nameof(dimensions)))) { }

    public VectorDataViewType(PrimitiveDataViewType itemType, ImmutableArray<int> dimensions) : base(VectorOf(itemType))
    {
        if (dimensions.IsDefaultOrEmpty || dimensions.Any(d => d < 0))
            throw new ArgumentOutOfRangeException(nameof(dimensions));
        ItemType = itemType;
        Dimensions = dimensions;
        Size = dimensions.Aggregate(1, (size, d) => checked(size * d));
    }

    public ImmutableArray<int> Dimensions { get; }

    public bool IsKnownSize => Size > 0;

    public PrimitiveDataViewType ItemType { get; }

    public int Size { get; }

    public override bool Equals(DataViewType other)
        => other is VectorDataViewType vector && ItemType.Equals(vector.ItemType) && Dimensions.AsSpan().SequenceEqual(vector.Dimensions.AsSpan());

    public override bool Equals(object other) => Equals(other as DataViewType);

    public override int GetHashCode() => Dimensions.Aggregate(ItemType.GetHashCode(), HashCode.Combine);

    public override string ToString()
    {
        string dims = Dimensions.Length == 1
            ? Size > 0 ? ", " + Size : ""
            : string.Concat(Dimensions.Select(d => ", " + (d > 0 ? d.ToString() : "*")));
        return $"Vector<{ItemType}{dims}>";
    }

    private static Type VectorOf(PrimitiveDataViewType itemType)
        => typeof(VBuffer<>).MakeGenericType((itemType ?? throw new ArgumentNullException(nameof(itemType))).RawType);
}
