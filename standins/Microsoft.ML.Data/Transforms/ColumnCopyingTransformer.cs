using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(typeof(ColumnCopyingTransformer), null, typeof(SignatureLoadModel), "Copy Columns Transform", ColumnCopyingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

public sealed class ColumnCopyingTransformer : OneToOneTransformerBase
{
    internal const string LoaderSignature = "CopyTransform";

    internal ColumnCopyingTransformer(IHostEnvironment env, params (string OutputColumnName, string InputColumnName)[] columns)
        : base(env.Register(nameof(ColumnCopyingTransformer)), columns) { }

    private static VersionInfo Version => new("COPYCOLT", 0x00010001, 0x00010001, 0x00010001, typeof(ColumnCopyingTransformer).Assembly.FullName, LoaderSignature);

    private static ColumnCopyingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        return new(env, LoadColumns(ctx));
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version);
        SaveColumns(ctx);
    }

    private protected override IRowMapper MakeRowMapper(DataViewSchema schema) => new Mapper(Host, schema, ColumnPairs);

    private sealed class Mapper(IHost host, DataViewSchema schema, (string OutputColumnName, string InputColumnName)[] pairs) : IRowMapper
    {
        private readonly DataViewSchema.Column[] _inputs = Array.ConvertAll(pairs,
            p => schema.GetColumnOrNull(p.InputColumnName) ?? throw host.ExceptMissingColumn("inputSchema", "input", p.InputColumnName));

        public DataViewSchema.DetachedColumn[] GetOutputColumns()
            => [.. _inputs.Select((c, i) => new DataViewSchema.DetachedColumn(pairs[i].OutputColumnName, c.Type, c.Annotations))];

        public Func<int, bool> GetDependencies(Func<int, bool> activeOutput)
        {
            var needed = _inputs.Where((_, i) => activeOutput(i)).Select(c => c.Index).ToHashSet();
            return needed.Contains;
        }

        public Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action disposer)
        {
            disposer = null;
            return [.. _inputs.Select((c, i) => activeOutput(i) ? (Delegate)Reflect.Call(this, nameof(Getter), c.Type.RawType, input, c) : null)];
        }

        private Delegate Getter<T>(DataViewRow input, DataViewSchema.Column column) => input.GetGetter<T>(input.Schema[column.Index]);
    }
}
