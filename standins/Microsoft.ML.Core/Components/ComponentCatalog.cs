using System.Reflection;

namespace Microsoft.ML.Runtime;

/// <summary>The loadable classes and extensions of the assemblies registered so far.</summary>
public sealed class ComponentCatalog
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _assemblies = [];
    private readonly Dictionary<(string Name, Type Signature), LoadableClass> _classes = [];
    private readonly Dictionary<(Type Attribute, string Contract), Type> _extensions = [];

    internal ComponentCatalog() { }

    public void RegisterAssembly(Assembly assembly, bool throwOnError = true)
    {
        lock (_gate)
        {
            if (!_assemblies.Add(assembly.FullName))
                return;
            foreach (var attribute in assembly.GetCustomAttributes<LoadableClassAttributeBase>())
                AddClass(attribute, throwOnError);
            if (CanHoldExtensions(assembly))
                foreach (var type in assembly.GetTypes().Where(t => t.IsClass))
                    foreach (var extension in type.GetCustomAttributes<ExtensionBaseAttribute>())
                        if (!_extensions.TryAdd((extension.GetType(), extension.ContractName), type) && throwOnError)
                            throw Contracts.Except($"An extension for '{extension.GetType().Name}' with contract '{extension.ContractName}' has already been registered in the ComponentCatalog.");
        }
    }

    internal bool TryCreate(IHostEnvironment env, Type signature, string name, ModelLoadContext ctx, out object created)
    {
        LoadableClass found;
        lock (_gate)
            _classes.TryGetValue((Normalize(name), signature), out found);
        created = found?.Create(env, ctx);
        return found != null;
    }

    internal object GetExtensionValue(IHostEnvironment env, Type attribute, string contract)
    {
        Type type;
        lock (_gate)
            if (!_extensions.TryGetValue((attribute, contract), out type))
                throw env.Except($"Unable to locate an extension for the contract '{contract}'. Ensure you have called ComponentCatalog.RegisterAssembly with the Assembly that contains a class decorated with a '{attribute.FullName}'.");
        return Activator.CreateInstance(type);
    }

    private void AddClass(LoadableClassAttributeBase attribute, bool throwOnError)
    {
        var loadable = LoadableClass.Find(attribute);
        if (loadable == null)
        {
            if (throwOnError)
                throw Contracts.Except($"Can't instantiate loadable class '{attribute.InstanceType.Name}' with name '{attribute.LoadNames[0]}'");
            return;
        }
        foreach (string name in attribute.LoadNames)
            if (!_classes.TryAdd((Normalize(name), attribute.SigType), loadable) && throwOnError)
                throw Contracts.Except($"ComponentCatalog cannot map name '{name}' and SignatureType '{attribute.SigType}' to {attribute.InstanceType.Name}, already mapped to {_classes[(Normalize(name), attribute.SigType)].Type.Name}.");
    }

    private static string Normalize(string name) => name.ToLowerInvariant().Trim();

    // ML.NET's own assemblies hold none, so their many types need no look.
    private static bool CanHoldExtensions(Assembly assembly)
        => !(assembly.GetName().Name.StartsWith("Microsoft.ML.", StringComparison.Ordinal)
            && assembly.GetName().GetPublicKeyToken().AsSpan().SequenceEqual(typeof(ComponentCatalog).Assembly.GetName().GetPublicKeyToken()));
}
