using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

public sealed class CustomMappingEstimator<TSrc, TDst> : TrivialEstimator<CustomMappingTransformer<TSrc, TDst>>
    where TSrc : class, new()
    where TDst : class, new()
{
    internal CustomMappingEstimator(IHostEnvironment env, Action<TSrc, TDst> mapAction, string contractName,
        SchemaDefinition inputSchemaDefinition, SchemaDefinition outputSchemaDefinition)
        : base(env.Register("CustomMappingEstimator"), new(env, mapAction, contractName, inputSchemaDefinition, outputSchemaDefinition)) { }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var result = inputSchema.ToDictionary(c => c.Name);
        foreach (var wanted in MemberColumn.Of(typeof(TSrc), Transformer.InputDefinition, SchemaDefinition.Direction.Both))
        {
            if (!result.TryGetValue(wanted.Name, out var found))
                throw default(IExceptionContext).ExceptMissingColumn(nameof(inputSchema), "input", wanted.Name);
            var shape = new SchemaShape.Column(wanted.Name, wanted.Type, null);
            // Where a vector of any size is wanted, one of a known size does.
            bool kindFits = shape.Kind == found.Kind
                || shape.Kind == SchemaShape.Column.VectorKind.VariableVector && found.Kind == SchemaShape.Column.VectorKind.Vector;
            if (shape.ItemType != found.ItemType || shape.IsKey != found.IsKey || !kindFits)
                throw default(IExceptionContext).ExceptSchemaMismatch(nameof(inputSchema), "input", wanted.Name, wanted.Type.ToString(), found.GetTypeString());
        }
        foreach (var added in SchemaShape.Create(MemberColumn.SchemaOf(Transformer.AddedColumns)))
            result[added.Name] = added;
        return new SchemaShape(result.Values);
    }
}
