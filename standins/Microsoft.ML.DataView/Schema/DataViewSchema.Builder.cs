using Microsoft.ML.Data;

namespace Microsoft.ML;

public sealed partial class DataViewSchema
{
    public sealed class Builder
    {
        private readonly List<DetachedColumn> _columns = [];

        public Builder() { }

        public void AddColumn(string name, DataViewType type, Annotations annotations = null) => _columns.Add(new DetachedColumn(name, type, annotations));

        public void AddColumns(IEnumerable<Column> source)
        {
            foreach (var column in source)
                AddColumn(column.Name, column.Type, column.Annotations);
        }

        public void AddColumns(IEnumerable<DetachedColumn> source)
        {
            foreach (var column in source)
                AddColumn(column.Name, column.Type, column.Annotations);
        }

        public DataViewSchema ToSchema()
        {
            var last = new Dictionary<string, int>(_columns.Count);
            for (int i = 0; i < _columns.Count; i++)
                last[_columns[i].Name] = i;
            var columns = _columns.Select((c, i) => new Column(c.Name, i, last[c.Name] != i, c.Type, c.Annotations)).ToArray();
            return new DataViewSchema(columns, last);
        }
    }
}
