using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

public sealed class ColumnSelectingEstimator : TrivialEstimator<ColumnSelectingTransformer>
{
    internal ColumnSelectingEstimator(IHostEnvironment env, string[] keepColumns, string[] dropColumns, bool keepHidden = false, bool ignoreMissing = false)
        : base(env.Register(nameof(ColumnSelectingEstimator)), new ColumnSelectingTransformer(env, keepColumns, dropColumns, keepHidden, ignoreMissing)) { }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        Transformer.CheckNames(inputSchema.Select(c => c.Name), nameof(inputSchema));
        return new SchemaShape(inputSchema.Where(c => Transformer.IsKept(c.Name)));
    }
}
