using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Data;

/// <summary>The column that a split by a sampling key goes by: rows with one key stay together.</summary>
internal static class SamplingKey
{
    public static IDataView AddColumn(IHostEnvironment env, IDataView data, string name, string key, int? seed)
    {
        var source = data.Schema.GetColumnOrNull(key) ?? throw env.ExceptMissingColumn("samplingKeyColumn", "SamplingKeyColumn", key);
        if (source.Type is KeyDataViewType)
            return new ColumnCopyingTransformer(env, (name, key)).Transform(data);
        return new RowMapperView(data, new HashMapper(source, name, (uint)(seed ?? 314489979)));
    }

    private sealed class HashMapper(DataViewSchema.Column source, string name, uint seed) : IRowMapper
    {
        private const int Bits = 30;

        public DataViewSchema.DetachedColumn[] GetOutputColumns() => [new(name, new KeyDataViewType(typeof(uint), 1UL << Bits))];

        public Func<int, bool> GetDependencies(Func<int, bool> activeOutput) => i => activeOutput(0) && i == source.Index;

        public Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action disposer)
        {
            disposer = null;
            return [activeOutput(0) ? (Delegate)Reflect.Call(this, nameof(Getter), source.Type.RawType, input) : null];
        }

        private ValueGetter<uint> Getter<T>(DataViewRow input)
        {
            var getter = input.GetGetter<T>(input.Schema[source.Index]);
            T value = default;
            return (ref uint dst) =>
            {
                getter(ref value);
                dst = (Hash(Text(value)) >> (32 - Bits)) + 1;
            };
        }

        private static string Text<T>(T value) => value switch
        {
            ReadOnlyMemory<char> text => text.ToString(),
            IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
            System.Collections.IEnumerable items => string.Join('\u001f', items.Cast<object>()),
            _ => value.ToString(),
        };

        // FNV-1a, its bits mixed at the end: the range filter goes by the high ones.
        private uint Hash(string text)
        {
            uint hash = 2166136261 ^ seed;
            foreach (char c in text)
                hash = (hash ^ c) * 16777619;
            hash = (hash ^ (hash >> 16)) * 0x85EBCA6B;
            hash = (hash ^ (hash >> 13)) * 0xC2B2AE35;
            return hash ^ (hash >> 16);
        }
    }
}
