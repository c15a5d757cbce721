using Microsoft.ML.Data;

namespace Microsoft.ML;

public sealed class PredictionEngineOptions
{
    public bool IgnoreMissingColumns = true;

    public SchemaDefinition InputSchemaDefinition;

    public SchemaDefinition OutputSchemaDefinition;

    /// <summary>Whether the transformer is disposed with the engine.</summary>
    public bool OwnsTransformer = true;

    public PredictionEngineOptions() { }
}
