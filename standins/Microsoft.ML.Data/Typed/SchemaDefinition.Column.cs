using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

public sealed partial class SchemaDefinition
{
    public sealed class Column
    {
        private readonly Dictionary<string, (DataViewType Type, Delegate Getter)> _annotations = [];

        internal Column(string memberName, DataViewType columnType, string columnName)
            => (MemberName, ColumnType, ColumnName) = (memberName, columnType, columnName);

        public string MemberName { get; }

        public string ColumnName { get; set; }

        public DataViewType ColumnType { get; set; }

        public DataViewSchema.Annotations Annotations
        {
            get
            {
                var builder = new DataViewSchema.Annotations.Builder();
                foreach (var (kind, (type, getter)) in _annotations)
                    builder.Add(kind, type, getter);
                return builder.ToAnnotations();
            }
        }

        public void AddAnnotation<T>(string kind, T value, DataViewType annotationType)
        {
            Contracts.CheckValue(kind, nameof(kind));
            Contracts.CheckValue(annotationType, nameof(annotationType));
            // A string or an array is given where text or a vector is meant.
            Delegate getter = value switch
            {
                string text => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> dst) => dst = text.AsMemory()),
                string[] texts => (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> dst) =>
                    dst = new(texts.Length, Array.ConvertAll(texts, t => t.AsMemory()))),
                _ => (ValueGetter<T>)((ref T dst) => dst = value),
            };
            Contracts.Check(_annotations.TryAdd(kind, (annotationType, getter)), "Column already contains an annotation of this kind.");
        }

        internal void SetAnnotations(DataViewSchema.Annotations source)
        {
            foreach (var column in source.Schema)
                _annotations[column.Name] = (column.Type, Reflect.Call(this, nameof(GetterOf), column.Type.RawType, source, column) as Delegate);
        }

        private Delegate GetterOf<T>(DataViewSchema.Annotations source, DataViewSchema.Column column) => source.GetGetter<T>(column);
    }
}
