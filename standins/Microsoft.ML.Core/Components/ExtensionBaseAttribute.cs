namespace Microsoft.ML;

/// <summary>Registers a class under a contract name when its assembly is registered in the component catalog.</summary>
[AttributeUsage(AttributeTargets.Class)]
public abstract class ExtensionBaseAttribute : Attribute
{
    private protected ExtensionBaseAttribute(string contractName) => ContractName = contractName;

    public string ContractName { get; }
}
