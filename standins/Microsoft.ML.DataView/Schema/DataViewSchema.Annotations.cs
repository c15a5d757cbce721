namespace Microsoft.ML;

public sealed partial class DataViewSchema
{
    /// <summary>Values that a column carries about itself, such as slot names; lazily computed.</summary>
    public sealed partial class Annotations
    {
        private readonly Delegate[] _getters;

        private Annotations(DataViewSchema schema, Delegate[] getters) => (Schema, _getters) = (schema, getters);

        public static Annotations Empty { get; } = new(new DataViewSchema([], []), []);

        public DataViewSchema Schema { get; }

        public ValueGetter<TValue> GetGetter<TValue>(Column column)
        {
            if (column.Index >= _getters.Length)
                throw new ArgumentException(nameof(column));
            return _getters[column.Index] as ValueGetter<TValue> ?? throw new InvalidOperationException("Invalid call to 'GetGetter'");
        }

        public void GetValue<TValue>(string kind, ref TValue value)
        {
            var column = Schema.GetColumnOrNull(kind) ?? throw new InvalidOperationException("Invalid call to 'GetValue'");
            GetGetter<TValue>(column)(ref value);
        }

        public override string ToString() => string.Join(", ", Schema.Select(c => c.Name));
    }
}
