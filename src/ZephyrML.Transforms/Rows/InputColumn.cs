using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Rows;

/// <summary>Finds a stage's input columns in a schema, with errors that name column and type, and makes readers for them.</summary>
internal static class InputColumn
{
    private static readonly string[] NoTexts = [];
    private static readonly float[] NoFloats = [];

    /// <summary>The column, or null where the schema has none; an exception where its type is another.</summary>
    public static DataViewSchema.Column? Find(DataViewSchema schema, string name, ColumnKind kind)
    {
        if (schema.GetColumnOrNull(name) is not { } column)
            return null;
        if (!Matches(column.Type, kind))
            throw new ArgumentOutOfRangeException(nameof(schema), $"Column '{name}' is {column.Type}, expected {Words(kind)}.");
        return column;
    }

    /// <summary>The column; an exception where the schema has none or its type is another.</summary>
    public static DataViewSchema.Column Require(DataViewSchema schema, string name, ColumnKind kind) =>
        Find(schema, name, kind) ?? throw new ArgumentOutOfRangeException(nameof(schema),
            $"Could not find input column '{name}' ({Words(kind)}); the data has {string.Join(", ", schema.Where(c => !c.IsHidden).Select(c => c.Name))}.");

    /// <summary>Reads a text of the current row; empty where there is no column.</summary>
    public static Func<string> Text(DataViewRow row, DataViewSchema.Column? column)
    {
        if (column is null)
            return () => "";
        var getter = row.GetGetter<ReadOnlyMemory<char>>(column.Value);
        ReadOnlyMemory<char> value = default;
        return () =>
        {
            getter(ref value);
            return value.ToString();
        };
    }

    /// <summary>Reads a vector of text of the current row; empty where there is no column.</summary>
    public static Func<string[]> Texts(DataViewRow row, DataViewSchema.Column? column)
    {
        if (column is null)
            return () => NoTexts;
        var getter = row.GetGetter<VBuffer<ReadOnlyMemory<char>>>(column.Value);
        VBuffer<ReadOnlyMemory<char>> value = default;
        return () =>
        {
            getter(ref value);
            return [.. value.DenseValues().Select(text => text.ToString())];
        };
    }

    /// <summary>Reads a vector of float of the current row; empty where there is no column.</summary>
    public static Func<float[]> Floats(DataViewRow row, DataViewSchema.Column? column)
    {
        if (column is null)
            return () => NoFloats;
        var getter = row.GetGetter<VBuffer<float>>(column.Value);
        VBuffer<float> value = default;
        return () =>
        {
            getter(ref value);
            return [.. value.DenseValues()];
        };
    }

    private static bool Matches(DataViewType type, ColumnKind kind) => kind switch
    {
        ColumnKind.Text => type is TextDataViewType,
        ColumnKind.Texts => type is VectorDataViewType { ItemType: TextDataViewType },
        _ => type is VectorDataViewType vector && vector.ItemType.Equals(NumberDataViewType.Single),
    };

    private static string Words(ColumnKind kind) => kind switch
    {
        ColumnKind.Text => "text",
        ColumnKind.Texts => "a vector of text",
        _ => "a vector of Single",
    };
}
