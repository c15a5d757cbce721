using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>An estimator that is its transformer already.</summary>
public abstract class TrivialEstimator<TTransformer> : IEstimator<TTransformer>
    where TTransformer : class, ITransformer
{
    private protected readonly IHost Host;
    private protected readonly TTransformer Transformer;

    private protected TrivialEstimator(IHost host, TTransformer transformer)
    {
        Contracts.CheckValue(transformer, nameof(transformer));
        (Host, Transformer) = (host, transformer);
    }

    public TTransformer Fit(IDataView input)
    {
        Contracts.CheckValue(input, nameof(input));
        Transformer.GetOutputSchema(input.Schema);      // checks the schema
        return Transformer;
    }

    public abstract SchemaShape GetOutputSchema(SchemaShape inputSchema);
}
