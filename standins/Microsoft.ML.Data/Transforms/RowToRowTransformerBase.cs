using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

public abstract class RowToRowTransformerBase : ITransformer
{
    private protected readonly IHost Host;

    private protected RowToRowTransformerBase(IHost host) => Host = host;

    bool ITransformer.IsRowToRowMapper => true;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        return RowMapperView.GetOutputSchema(inputSchema, MakeRowMapper(inputSchema));
    }

    public IDataView Transform(IDataView input)
    {
        Contracts.CheckValue(input, nameof(input));
        return new RowMapperView(input, MakeRowMapper(input.Schema));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        return new RowMapperView(new EmptyDataView(inputSchema), MakeRowMapper(inputSchema));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => SaveModel(ctx);

    private protected abstract IRowMapper MakeRowMapper(DataViewSchema schema);

    private protected abstract void SaveModel(ModelSaveContext ctx);
}
