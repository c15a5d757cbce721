namespace Microsoft.ML.Data;

internal static class ColumnTypes
{
    private static readonly Dictionary<Type, PrimitiveDataViewType> Primitives = new()
    {
        [typeof(string)] = TextDataViewType.Instance,
        [typeof(ReadOnlyMemory<char>)] = TextDataViewType.Instance,
        [typeof(bool)] = BooleanDataViewType.Instance,
        [typeof(TimeSpan)] = TimeSpanDataViewType.Instance,
        [typeof(DateTime)] = DateTimeDataViewType.Instance,
        [typeof(DateTimeOffset)] = DateTimeOffsetDataViewType.Instance,
        [typeof(DataViewRowId)] = RowIdDataViewType.Instance,
        [typeof(sbyte)] = NumberDataViewType.SByte,
        [typeof(byte)] = NumberDataViewType.Byte,
        [typeof(short)] = NumberDataViewType.Int16,
        [typeof(ushort)] = NumberDataViewType.UInt16,
        [typeof(int)] = NumberDataViewType.Int32,
        [typeof(uint)] = NumberDataViewType.UInt32,
        [typeof(long)] = NumberDataViewType.Int64,
        [typeof(ulong)] = NumberDataViewType.UInt64,
        [typeof(float)] = NumberDataViewType.Single,
        [typeof(double)] = NumberDataViewType.Double,
    };

    /// <summary>The primitive column type of a .NET type, or null where it has none.</summary>
    public static PrimitiveDataViewType PrimitiveOrNull(Type type) => Primitives.GetValueOrDefault(type);

    public static PrimitiveDataViewType PrimitiveOf(Type type)
        => PrimitiveOrNull(type) ?? throw new InvalidOperationException($"Bad type in ColumnTypeExtensions.NumberTypeFromType: {type}");

    public static DataViewType ItemTypeOf(DataViewType type) => (type as VectorDataViewType)?.ItemType ?? type;

    public static int VectorSizeOf(DataViewType type) => (type as VectorDataViewType)?.Size ?? 0;

    public static bool IsKnownSizeVector(DataViewType type) => VectorSizeOf(type) > 0;

    public static bool SameSizeAndItemType(DataViewType a, DataViewType b)
        => a.Equals(b) || a is VectorDataViewType x && b is VectorDataViewType y && x.ItemType.Equals(y.ItemType) && x.Size == y.Size;
}
