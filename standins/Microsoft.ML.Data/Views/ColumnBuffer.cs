namespace Microsoft.ML.Data;

/// <summary>Values of one column, kept by slot.</summary>
internal abstract class ColumnBuffer
{
    public static ColumnBuffer Create(DataViewRow row, DataViewSchema.Column column)
        => (ColumnBuffer)Reflect.CallStatic(typeof(ColumnBuffer), nameof(CreateOf), column.Type.RawType, row, column);

    public static bool CanHold(DataViewType type) => type is PrimitiveDataViewType or VectorDataViewType;

    /// <summary>Reads the row's present value into the slot.</summary>
    public abstract void Fill(int slot);

    /// <summary>A getter of the value in the slot that is current when it is called.</summary>
    public abstract Delegate Getter(Func<int> slot);

    private static ColumnBuffer CreateOf<T>(DataViewRow row, DataViewSchema.Column column) => new ColumnBuffer<T>(row.GetGetter<T>(column));
}
