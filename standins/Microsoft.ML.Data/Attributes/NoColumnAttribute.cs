namespace Microsoft.ML.Data;

[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class NoColumnAttribute : Attribute
{
    public NoColumnAttribute() { }
}
