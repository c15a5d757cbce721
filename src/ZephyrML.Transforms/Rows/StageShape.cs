using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Rows;

/// <summary>
/// Works on schema shapes by way of ML.NET's own custom mapping, since the shapes' constructors are closed: checks are native, and so are their errors.
/// </summary>
internal static class StageShape
{
    /// <summary>Throws ML.NET's own error where the shape lacks the column or has another type for it.</summary>
    public static void Require(MLContext ml, SchemaShape shape, string name, ColumnKind kind)
    {
        switch (kind)
        {
            case ColumnKind.Text:
                Require<TextField>(ml, shape, name);
                break;
            case ColumnKind.Texts:
                Require<TextsField>(ml, shape, name);
                break;
            default:
                Require<FloatsField>(ml, shape, name);
                break;
        }
    }

    /// <summary>Like <see cref="Require(MLContext, SchemaShape, string, ColumnKind)"/>, for a column that may be absent.</summary>
    public static void Allow(MLContext ml, SchemaShape shape, string name, ColumnKind kind)
    {
        if (Has(shape, name))
            Require(ml, shape, name, kind);
    }

    /// <summary>The shape with a column added, or replaced.</summary>
    public static SchemaShape Add(MLContext ml, SchemaShape shape, string name, ColumnKind kind) => kind switch
    {
        ColumnKind.Text => Add<TextField>(ml, shape, name),
        ColumnKind.Texts => Add<TextsField>(ml, shape, name),
        _ => Add<FloatsField>(ml, shape, name),
    };

    public static bool Has(SchemaShape shape, string name) => shape.Any(column => column.Name == name);

    private static void Require<TField>(MLContext ml, SchemaShape shape, string name)
        where TField : class, new()
    {
        var input = SchemaDefinition.Create(typeof(TField));
        input["Value"].ColumnName = name;
        ml.Transforms.CustomMapping<TField, Checked>((_, _) => { }, null, input).GetOutputSchema(shape);
    }

    private static SchemaShape Add<TField>(MLContext ml, SchemaShape shape, string name)
        where TField : class, new()
    {
        var output = SchemaDefinition.Create(typeof(TField));
        output["Value"].ColumnName = name;
        return ml.Transforms.CustomMapping<Nothing, TField>((_, _) => { }, null, null, output).GetOutputSchema(shape);
    }

    private sealed class Nothing
    {
    }

    private sealed class Checked
    {
        public bool Yes { get; set; }
    }

    private sealed class TextField
    {
        public string Value { get; set; } = "";
    }

    private sealed class TextsField
    {
        public string[] Value { get; set; } = [];
    }

    private sealed class FloatsField
    {
        public float[] Value { get; set; } = [];
    }
}
