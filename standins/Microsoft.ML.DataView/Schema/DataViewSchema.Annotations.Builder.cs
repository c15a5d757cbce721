using Microsoft.ML.Data;

namespace Microsoft.ML;

public sealed partial class DataViewSchema
{
    public sealed partial class Annotations
    {
        public sealed class Builder
        {
            private readonly DataViewSchema.Builder _schema = new();
            private readonly List<Delegate> _getters = [];

            public Builder() { }

            public void Add(Annotations annotations, Func<string, bool> selector)
            {
                if (annotations == null)
                    return;
                ArgumentNullException.ThrowIfNull(selector);
                foreach (var column in annotations.Schema)
                    if (selector(column.Name))
                        AddChecked(column.Name, column.Type, annotations._getters[column.Index], column.Annotations);
            }

            public void Add<TValue>(string name, DataViewType type, ValueGetter<TValue> getter, Annotations annotations = null)
            {
                CheckNameAndType(name, type);
                ArgumentNullException.ThrowIfNull(getter);
                CheckRawType<TValue>(type);
                AddChecked(name, type, getter, annotations);
            }

            public void Add(string name, DataViewType type, Delegate getter, Annotations annotations = null)
            {
                CheckNameAndType(name, type);
                ArgumentNullException.ThrowIfNull(getter);
                var expected = typeof(ValueGetter<>).MakeGenericType(type.RawType);
                if (!expected.IsInstanceOfType(getter))
                    throw new ArgumentException($"getter must be of type '{expected.FullName}'", nameof(getter));
                AddChecked(name, type, getter, annotations);
            }

            public void AddPrimitiveValue<TValue>(string name, PrimitiveDataViewType type, TValue value, Annotations annotations = null)
            {
                CheckNameAndType(name, type);
                CheckRawType<TValue>(type);
                Add(name, type, (ref TValue dst) => dst = value, annotations);
            }

            public Annotations ToAnnotations() => new(_schema.ToSchema(), [.. _getters]);

            private void AddChecked(string name, DataViewType type, Delegate getter, Annotations annotations)
            {
                _schema.AddColumn(name, type, annotations);
                _getters.Add(getter);
            }

            private static void CheckNameAndType(string name, DataViewType type)
            {
                if (string.IsNullOrEmpty(name))
                    throw new ArgumentNullException(nameof(name));
                ArgumentNullException.ThrowIfNull(type);
            }

            private static void CheckRawType<TValue>(DataViewType type)
            {
                if (type.RawType != typeof(TValue))
                    throw new ArgumentException($"type.RawType must be of type '{typeof(TValue).FullName}'.", nameof(type));
            }
        }
    }
}
