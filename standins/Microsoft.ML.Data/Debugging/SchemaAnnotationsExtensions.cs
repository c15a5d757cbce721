namespace Microsoft.ML.Data;

public static class SchemaAnnotationsExtensions
{
    public static bool HasSlotNames(this DataViewSchema.Column column)
        => column.Type is VectorDataViewType { IsKnownSize: true } vector
            && column.Annotations.Schema.GetColumnOrNull(AnnotationKinds.SlotNames)?.Type is VectorDataViewType names
            && names.Size == vector.Size && names.ItemType is TextDataViewType;

    public static void GetSlotNames(this DataViewSchema.Column column, ref VBuffer<ReadOnlyMemory<char>> slotNames)
        => column.Annotations.GetValue(AnnotationKinds.SlotNames, ref slotNames);

    public static bool HasKeyValues(this DataViewSchema.Column column, PrimitiveDataViewType keyValueItemType = null)
        => ColumnTypes.ItemTypeOf(column.Type) is KeyDataViewType key
            && column.Annotations.Schema.GetColumnOrNull(AnnotationKinds.KeyValues)?.Type is VectorDataViewType values
            && key.Count == (ulong)values.Size && (keyValueItemType ?? TextDataViewType.Instance).Equals(values.ItemType);

    public static void GetKeyValues<TValue>(this DataViewSchema.Column column, ref VBuffer<TValue> keyValues)
        => column.Annotations.GetValue(AnnotationKinds.KeyValues, ref keyValues);

    public static bool IsNormalized(this DataViewSchema.Column column)
    {
        bool value = false;
        if (column.Annotations.Schema.GetColumnOrNull(AnnotationKinds.IsNormalized)?.Type is BooleanDataViewType)
            column.Annotations.GetValue(AnnotationKinds.IsNormalized, ref value);
        return value;
    }
}
