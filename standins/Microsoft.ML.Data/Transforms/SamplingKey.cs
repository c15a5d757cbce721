using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Data;

/// <summary>
/// The column that a split by a sampling key goes by: rows with one key stay together. Real numbers are scaled to [0, 1], which
/// reads the column once; keys are taken as they are; all else is hashed into 2^30 keys.
/// </summary>
internal static class SamplingKey
{
    public static IDataView AddColumn(IHostEnvironment env, IDataView data, string name, string key, int? seed)
    {
        var source = data.Schema.GetColumnOrNull(key) ?? throw env.ExceptMissingColumn("samplingKeyColumn", "SamplingKeyColumn", key);
        if (source.Type is KeyDataViewType)
            return new ColumnCopyingTransformer(env, (name, key)).Transform(data);
        env.Register("Hashing");
        IRowMapper mapper = source.Type == NumberDataViewType.Single || source.Type == NumberDataViewType.Double
            ? new ScaleMapper(data, source, name) : new HashMapper(source, name, (uint)(seed ?? 314489979));
        return new RowMapperView(data, mapper);
    }

    private abstract class ColumnMapper(DataViewSchema.Column source) : IRowMapper
    {
        protected DataViewSchema.Column Source => source;

        public abstract DataViewSchema.DetachedColumn[] GetOutputColumns();

        public Func<int, bool> GetDependencies(Func<int, bool> activeOutput) => i => activeOutput(0) && i == source.Index;

        public Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action disposer)
        {
            disposer = null;
            return [activeOutput(0) ? (Delegate)Reflect.Call(this, "Getter", source.Type.RawType, input) : null];
        }
    }

    private sealed class ScaleMapper : ColumnMapper
    {
        private readonly string _name;
        private readonly double _min = double.PositiveInfinity, _max = double.NegativeInfinity;

        public ScaleMapper(IDataView data, DataViewSchema.Column source, string name) : base(source)
        {
            _name = name;
            foreach (double value in source.Type == NumberDataViewType.Single ? data.GetColumn<float>(source).Select(v => (double)v) : data.GetColumn<double>(source))
                (_min, _max) = (value < _min ? value : _min, value > _max ? value : _max);
        }

        public override DataViewSchema.DetachedColumn[] GetOutputColumns() => [new(_name, Source.Type)];

        private Delegate Getter<T>(DataViewRow input)
        {
            double scale = _max > _min ? 1 / (_max - _min) : 0;
            if (typeof(T) == typeof(float))
            {
                var single = input.GetGetter<float>(input.Schema[Source.Index]);
                return (ValueGetter<float>)((ref float dst) =>
                {
                    single(ref dst);
                    dst = (dst - (float)_min) * (float)scale;
                });
            }
            var getter = input.GetGetter<double>(input.Schema[Source.Index]);
            return (ValueGetter<double>)((ref double dst) =>
            {
                getter(ref dst);
                dst = (dst - _min) * scale;
            });
        }
    }

    private sealed class HashMapper(DataViewSchema.Column source, string name, uint seed) : ColumnMapper(source)
    {
        private const int Bits = 30;

        public override DataViewSchema.DetachedColumn[] GetOutputColumns() => [new(name, new KeyDataViewType(typeof(uint), 1UL << Bits))];

        private ValueGetter<uint> Getter<T>(DataViewRow input)
        {
            var getter = input.GetGetter<T>(input.Schema[Source.Index]);
            T value = default;
            return (ref uint dst) =>
            {
                getter(ref value);
                dst = IsMissing(value) ? 0 : (KeyHash.Of(value, seed) & ((1u << Bits) - 1)) + 1;
            };
        }

        private static bool IsMissing<T>(T value) => value is ReadOnlyMemory<char> { IsEmpty: true };
    }
}
