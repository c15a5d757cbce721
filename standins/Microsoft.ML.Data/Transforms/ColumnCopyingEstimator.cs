using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

public sealed class ColumnCopyingEstimator : TrivialEstimator<ColumnCopyingTransformer>
{
    internal ColumnCopyingEstimator(IHostEnvironment env, string outputColumnName, string inputColumnName)
        : base(env.Register(nameof(ColumnCopyingEstimator)), new ColumnCopyingTransformer(env, (outputColumnName, inputColumnName))) { }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        Contracts.CheckValue(inputSchema, nameof(inputSchema));
        var result = inputSchema.ToDictionary(c => c.Name);
        foreach (var (output, input) in Transformer.ColumnPairs)
        {
            if (!inputSchema.TryFindColumn(input, out var column))
                throw Host.ExceptMissingColumn(nameof(inputSchema), "input", input);
            result[output] = new SchemaShape.Column(output, column.Kind, column.ItemType, column.IsKey, column.Annotations);
        }
        return new SchemaShape(result.Values);
    }
}
