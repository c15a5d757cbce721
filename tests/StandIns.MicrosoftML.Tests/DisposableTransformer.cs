using Microsoft.ML;
using Microsoft.ML.Data;

namespace StandIns.MicrosoftML.Tests;

internal sealed class DisposableTransformer(ITransformer inner) : ITransformer, IDisposable
{
    public int Disposed { get; private set; }

    public bool IsRowToRowMapper => inner.IsRowToRowMapper;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inner.GetOutputSchema(inputSchema);

    public IDataView Transform(IDataView input) => inner.Transform(input);

    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => inner.GetRowToRowMapper(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx) => inner.Save(ctx);

    public void Dispose() => Disposed++;
}
