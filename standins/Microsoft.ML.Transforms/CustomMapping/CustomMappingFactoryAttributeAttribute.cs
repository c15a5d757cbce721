namespace Microsoft.ML.Transforms;

[AttributeUsage(AttributeTargets.Class)]
public sealed class CustomMappingFactoryAttributeAttribute : ExtensionBaseAttribute
{
    public CustomMappingFactoryAttributeAttribute(string contractName) : base(contractName) { }
}
