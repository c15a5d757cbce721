using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(typeof(ColumnSelectingTransformer), null, typeof(SignatureLoadModel), "Select Columns Transform", ColumnSelectingTransformer.LoaderSignature)]

namespace Microsoft.ML.Transforms;

/// <summary>Keeps the named columns, in the order named, or drops them.</summary>
public sealed class ColumnSelectingTransformer : ITransformer
{
    internal const string LoaderSignature = "SelectColumnsTransform";
    private readonly IHost _host;
    private readonly string[] _names;
    private readonly bool _keep, _keepHidden, _ignoreMissing;

    internal ColumnSelectingTransformer(IHostEnvironment env, string[] keepColumns, string[] dropColumns, bool keepHidden = false, bool ignoreMissing = false)
    {
        _host = env.Register(nameof(ColumnSelectingTransformer));
        _keep = keepColumns is { Length: > 0 };
        bool drop = dropColumns is { Length: > 0 };
        Contracts.Check(!(_keep && drop), "Both keepColumns and dropColumns are set. Exactly one can be specified.");
        Contracts.Check(_keep || drop, "Neither keepColumns and dropColumns is set. Exactly one must be specified.");
        _names = _keep ? keepColumns : dropColumns;
        _keepHidden = keepHidden;
        _ignoreMissing = ignoreMissing;
    }

    bool ITransformer.IsRowToRowMapper => true;

    private static VersionInfo Version => new("SELCOLST", 0x00010001, 0x00010001, 0x00010001, typeof(ColumnSelectingTransformer).Assembly.FullName, LoaderSignature);

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        CheckNames(inputSchema.Select(c => c.Name), nameof(inputSchema));
        return ColumnChoiceView.SchemaOf(inputSchema, Choose(inputSchema));
    }

    public IDataView Transform(IDataView input)
    {
        Contracts.CheckValue(input, nameof(input));
        CheckNames(input.Schema.Select(c => c.Name), nameof(input));
        return new ColumnChoiceView(input, Choose(input.Schema));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        CheckNames(inputSchema.Select(c => c.Name), nameof(inputSchema));
        return new ColumnChoiceView(new EmptyDataView(inputSchema), Choose(inputSchema));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ctx.SetVersionInfo(Version);
        ctx.Writer.Write(_keep);
        ctx.Writer.Write(_keepHidden);
        ctx.Writer.Write(_ignoreMissing);
        ctx.Writer.Write(_names.Length);
        foreach (string name in _names)
            ctx.SaveNonEmptyString(name);
    }

    internal static IDataView Drop(IHostEnvironment env, IDataView input, params string[] columns)
        => new ColumnSelectingTransformer(env, null, columns).Transform(input);

    internal bool IsKept(string name) => _names.Contains(name) == _keep;

    internal void CheckNames(IEnumerable<string> present, string paramName)
    {
        var missing = _names.Except(present).ToList();
        if (!_ignoreMissing && missing.Count > 0)
            throw _host.ExceptMissingColumn(paramName, "input", string.Join(",", missing));
    }

    private static ColumnSelectingTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        bool keep = ctx.Reader.ReadBoolean(), keepHidden = ctx.Reader.ReadBoolean(), ignoreMissing = ctx.Reader.ReadBoolean();
        int count = ctx.Reader.ReadInt32();
        Contracts.CheckDecode(count > 0);
        string[] names = [.. Enumerable.Range(0, count).Select(_ => ctx.LoadNonEmptyString())];
        return new(env, keep ? names : null, keep ? null : names, keepHidden, ignoreMissing);
    }

    // Dropping keeps hidden columns of other names, whatever was asked for.
    private IEnumerable<int> Choose(DataViewSchema schema)
        => _keep ? _names.SelectMany(name => schema.Where(c => c.Name == name && (_keepHidden || !c.IsHidden))).Select(c => c.Index)
            : schema.Where(c => !_names.Contains(c.Name)).Select(c => c.Index);
}
