namespace Microsoft.ML.Data;

/// <summary>A schema with columns added: a new name at the end, a known one right after the column that it hides.</summary>
internal sealed class AddedColumns
{
    private readonly List<int> _map;        // an input column's number, or ~ an added one's

    public AddedColumns(DataViewSchema input, DataViewSchema.DetachedColumn[] added)
    {
        _map = [.. Enumerable.Range(0, input.Count)];
        for (int i = 0; i < added.Length; i++)
        {
            int hidden = _map.FindLastIndex(m => NameOf(m) == added[i].Name);
            _map.Insert(hidden < 0 ? _map.Count : hidden + 1, ~i);
        }
        var schema = new DataViewSchema.Builder();
        schema.AddColumns(_map.Select(m => m < 0 ? added[~m] : new DataViewSchema.DetachedColumn(input[m])));
        Schema = schema.ToSchema();
        Indices = [.. Enumerable.Range(0, added.Length).Select(i => _map.IndexOf(~i))];

        string NameOf(int m) => m < 0 ? added[~m].Name : input[m].Name;
    }

    public DataViewSchema Schema { get; }

    /// <summary>Where each added column stands in the schema.</summary>
    public int[] Indices { get; }

    public bool IsInput(int column, out int index)
    {
        int mapped = _map[column];
        index = mapped < 0 ? ~mapped : mapped;
        return mapped >= 0;
    }
}
