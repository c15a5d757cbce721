namespace Microsoft.ML.Data;

internal static class HoldableColumns
{
    /// <summary>The view without columns of types that a cache or a shuffle pool cannot copy.</summary>
    public static IDataView Of(IDataView view)
        => view.Schema.All(c => ColumnBuffer.CanHold(c.Type)) ? view
            : new ColumnChoiceView(view, view.Schema.Where(c => ColumnBuffer.CanHold(c.Type)).Select(c => c.Index));
}
