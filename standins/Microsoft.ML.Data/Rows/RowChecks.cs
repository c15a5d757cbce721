using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

internal static class RowChecks
{
    public const string NoValuesNow = "Values cannot be fetched at this time. This method was called either before the first call to MoveNext, or at any point after that method returned false.";

    public static ValueGetter<TValue> Cast<TValue>(Delegate getter, DataViewSchema.Column column)
        => getter as ValueGetter<TValue>
            ?? throw Contracts.Except($"Invalid TValue in GetGetter for column #{column}: '{typeof(TValue)}', expected type: '{getter.GetType().GetGenericArguments()[0]}'.");

    /// <summary>Which columns of the schema are among the given ones.</summary>
    public static bool[] Active(DataViewSchema schema, IEnumerable<DataViewSchema.Column> columns)
    {
        Contracts.CheckValue(columns, "columnsNeeded");
        var active = new bool[schema.Count];
        foreach (var column in columns)
        {
            if (column.Index >= active.Length)
                throw Contracts.Except($"The requested column: {column} is not part of the sourceSchema");
            active[column.Index] = true;
        }
        return active;
    }
}
