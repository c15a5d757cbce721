using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>Runs a user's method on every row; once a row, however many of its columns are read.</summary>
public sealed class CustomMappingTransformer<TSrc, TDst> : ITransformer
    where TSrc : class, new()
    where TDst : class, new()
{
    private readonly IHost _host;
    private readonly Action<TSrc, TDst> _map;
    private readonly string _contractName;

    internal CustomMappingTransformer(IHostEnvironment env, Action<TSrc, TDst> mapAction, string contractName,
        SchemaDefinition inputSchemaDefinition = null, SchemaDefinition outputSchemaDefinition = null)
    {
        Contracts.CheckValue(env, nameof(env));
        Contracts.CheckValue(mapAction, nameof(mapAction));
        _host = env.Register("CustomMappingTransformer");
        _map = mapAction;
        _contractName = contractName;
        InputDefinition = inputSchemaDefinition;
        AddedColumns = MemberColumn.Of(typeof(TDst), outputSchemaDefinition, SchemaDefinition.Direction.Write);
    }

    internal SchemaDefinition InputDefinition { get; }

    internal MemberColumn[] AddedColumns { get; }

    bool ITransformer.IsRowToRowMapper => true;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        return RowMapperView.GetOutputSchema(inputSchema, new Mapper(this, inputSchema));
    }

    public IDataView Transform(IDataView input)
    {
        Contracts.CheckValue(input, nameof(input));
        return new RowMapperView(input, new Mapper(this, input.Schema));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        return new RowMapperView(new EmptyDataView(inputSchema), new Mapper(this, inputSchema));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        if (_contractName == null)
            throw _host.Except("Empty contract name for a transform: the transform cannot be saved");
        CustomMappingLoader.Save(ctx, _contractName, _map.Method.DeclaringType.Assembly.FullName);
    }

    private sealed class Mapper(CustomMappingTransformer<TSrc, TDst> parent, DataViewSchema inputSchema) : IRowMapper
    {
        private readonly TypedReader<TSrc> _reader = new(parent._host.Register("Mapper"), inputSchema, false, parent.InputDefinition);
        private readonly DataViewSchema _added = MemberColumn.SchemaOf(parent.AddedColumns);

        public DataViewSchema.DetachedColumn[] GetOutputColumns() => [.. _added.Select(c => new DataViewSchema.DetachedColumn(c))];

        public Func<int, bool> GetDependencies(Func<int, bool> activeOutput)
        {
            var needed = _added.Any(c => activeOutput(c.Index)) ? _reader.SourceColumns.Select(c => c.Index).ToHashSet() : [];
            return needed.Contains;
        }

        public Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action disposer)
        {
            disposer = null;
            if (!_added.Any(c => activeOutput(c.Index)))
                return new Delegate[_added.Count];
            var output = new ObjectRow<TDst>(_added, parent.AddedColumns);
            var fill = _reader.Filler(input);
            var (src, dst) = (new TSrc(), new TDst());
            long served = -1;

            void Refresh()
            {
                if (served == input.Position)
                    return;
                fill(src);
                parent._map(src, dst);
                output.Set(dst);
                served = input.Position;
            }

            return [.. _added.Select(c => activeOutput(c.Index) ? (Delegate)Reflect.Call(this, nameof(Getter), c.Type.RawType, output, c, (Action)Refresh) : null)];
        }

        private Delegate Getter<T>(DataViewRow output, DataViewSchema.Column column, Action refresh)
        {
            var getter = output.GetGetter<T>(column);
            return (ValueGetter<T>)((ref T dst) =>
            {
                refresh();
                getter(ref dst);
            });
        }
    }
}
