namespace Microsoft.ML.Data;

/// <summary>A key: 0 is missing, 1 to <see cref="Count"/> are the values.</summary>
public sealed class KeyDataViewType : PrimitiveDataViewType
{
    public KeyDataViewType(Type type, ulong count) : base(type)
    {
        if (!IsValidDataType(type))
            throw new ArgumentOutOfRangeException(nameof(type), "Type is not valid, it must be Byte, UInt16, UInt32, or UInt64.");
        if (count == 0 || count > MaxCount(type))
            throw new ArgumentOutOfRangeException(nameof(count), $"The cardinality of a KeyDataViewType must not exceed {type.Name}.MaxValue and must be strictly positive, but got {count}.");
        Count = count;
    }

    public KeyDataViewType(Type type, int count) : this(type, (ulong)count)
    {
        if (count <= 0)
            throw new ArgumentOutOfRangeException(nameof(count), "The cardinality of a KeyDataViewType must be strictly positive.");
    }

    public ulong Count { get; }

    public static bool IsValidDataType(Type type)
        => type == typeof(byte) || type == typeof(ushort) || type == typeof(uint) || type == typeof(ulong);

    public override bool Equals(DataViewType other) => other is KeyDataViewType key && key.RawType == RawType && key.Count == Count;

    public override bool Equals(object other) => Equals(other as DataViewType);

    public override int GetHashCode() => HashCode.Combine(RawType, Count);

    public override string ToString() => $"Key<{RawType.Name}, 0-{Count - 1}>";

    private static ulong MaxCount(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => byte.MaxValue,
        TypeCode.UInt16 => ushort.MaxValue,
        TypeCode.UInt32 => uint.MaxValue,
        _ => ulong.MaxValue,
    };
}
