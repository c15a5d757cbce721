using System.Collections;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Transformers one after another. It owns them: disposing the chain disposes them.</summary>
public sealed class TransformerChain<TLastTransformer> : ITransformer, IEnumerable<ITransformer>, ITransformerChainAccessor, IDisposable
    where TLastTransformer : class, ITransformer
{
    private readonly ITransformer[] _transformers;
    private readonly TransformerScope[] _scopes;
    private bool _disposed;

    public readonly TLastTransformer LastTransformer;

    public TransformerChain(IEnumerable<ITransformer> transformers, IEnumerable<TransformerScope> scopes)
    {
        _transformers = [.. transformers ?? []];
        _scopes = [.. scopes ?? []];
        LastTransformer = _transformers.LastOrDefault() as TLastTransformer;
        Contracts.Check(_transformers.Length > 0 == (LastTransformer != null));
        Contracts.Check(_transformers.Length == _scopes.Length);
    }

    public TransformerChain(params ITransformer[] transformers)
        : this(transformers, transformers?.Select(_ => TransformerScope.Everything)) { }

    internal TransformerChain(IHostEnvironment env, ModelLoadContext ctx)
    {
        int count = ctx.Reader.ReadInt32();
        Contracts.CheckDecode(count >= 0);
        _transformers = new ITransformer[count];
        _scopes = new TransformerScope[count];
        for (int i = 0; i < count; i++)
        {
            _scopes[i] = (TransformerScope)ctx.Reader.ReadInt32();
            ctx.LoadModel<ITransformer, SignatureLoadModel>(env, out _transformers[i], FolderOf(i));
        }
        LastTransformer = _transformers.LastOrDefault() as TLastTransformer;
    }

    bool ITransformer.IsRowToRowMapper => _transformers.All(t => t.IsRowToRowMapper);

    ITransformer[] ITransformerChainAccessor.Transformers => _transformers;

    TransformerScope[] ITransformerChainAccessor.Scopes => _scopes;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => GetOutputSchema(inputSchema, TransformerScope.Scoring);

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema, TransformerScope scope)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        return GetModelFor(scope).Aggregate(inputSchema, (schema, t) => t.GetOutputSchema(schema));
    }

    public IDataView Transform(IDataView input) => Transform(input, TransformerScope.Scoring);

    public IDataView Transform(IDataView input, TransformerScope scope)
    {
        Contracts.CheckValue(input, nameof(input));
        var chain = GetModelFor(scope);
        ((ITransformer)chain).GetOutputSchema(input.Schema);       // a mismatch anywhere shows before anything is done
        return chain.Aggregate(input, (view, t) => t.Transform(view));
    }

    public TransformerChain<ITransformer> GetModelFor(TransformerScope scopeFilter)
    {
        var kept = _transformers.Zip(_scopes).Where(t => (t.Second & scopeFilter) != 0).ToArray();
        return new(kept.Select(t => t.First), kept.Select(t => t.Second));
    }

    public TransformerChain<TNewLast> Append<TNewLast>(TNewLast transformer, TransformerScope scope = TransformerScope.Everything)
        where TNewLast : class, ITransformer
    {
        Contracts.CheckValue(transformer, nameof(transformer));
        return new([.. _transformers, transformer], (TransformerScope[])[.. _scopes, scope]);
    }

    public IEnumerator<ITransformer> GetEnumerator() => ((IEnumerable<ITransformer>)_transformers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        Contracts.Check(((ITransformer)this).IsRowToRowMapper, "GetRowToRowMapper method called despite IsRowToRowMapper being false.");
        var mappers = new List<IRowToRowMapper>();
        foreach (var transformer in _transformers)
            mappers.Add(transformer.GetRowToRowMapper(mappers.Count == 0 ? inputSchema : mappers[^1].OutputSchema));
        return new CompositeRowMapper(inputSchema, [.. mappers]);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(new VersionInfo("XF CHAIN", 0x00010001, 0x00010001, 0x00010001,
            typeof(TransformerChain<>).Assembly.FullName, TransformerChain.LoaderSignature));
        ctx.Writer.Write(_transformers.Length);
        for (int i = 0; i < _transformers.Length; i++)
        {
            ctx.Writer.Write((int)_scopes[i]);
            ctx.SaveModel(_transformers[i], FolderOf(i));
        }
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        foreach (var transformer in _transformers)
            (transformer as IDisposable)?.Dispose();
        _disposed = true;
    }

    private static string FolderOf(int i) => $"Transform_{i:000}";
}
