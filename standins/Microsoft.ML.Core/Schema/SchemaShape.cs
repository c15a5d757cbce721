using System.Collections;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>What an estimator can say of a schema before it is fitted.</summary>
public sealed partial class SchemaShape : IReadOnlyList<SchemaShape.Column>
{
    private readonly Column[] _columns;

    public SchemaShape(IEnumerable<Column> columns)
    {
        Contracts.CheckValue(columns, nameof(columns));
        _columns = [.. columns];
        Contracts.CheckParam(_columns.All(c => c.IsValid), nameof(columns), "Some items are not initialized properly.");
    }

    public int Count => _columns.Length;

    public Column this[int index] => _columns[index];

    public IEnumerator<Column> GetEnumerator() => ((IEnumerable<Column>)_columns).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static SchemaShape Empty { get; } = new([]);

    internal static SchemaShape Create(DataViewSchema schema)
    {
        Contracts.CheckValue(schema, nameof(schema));
        return new SchemaShape(schema.Where(c => !c.IsHidden).Select(c => new Column(c.Name, c.Type, Create(c.Annotations.Schema))));
    }

    internal bool TryFindColumn(string name, out Column column)
    {
        Contracts.CheckValue(name, nameof(name));
        column = Array.Find(_columns, c => c.Name == name);
        return column.IsValid;
    }
}
