using Microsoft.ML.Runtime;

namespace Microsoft.ML;

internal abstract class LoadableClassAttributeBase : Attribute
{
    protected LoadableClassAttributeBase(string summary, Type instType, Type loaderType, Type argType, Type sigType, string userName, string[] loadNames)
    {
        Contracts.CheckValue(instType, nameof(instType));
        Contracts.CheckValue(loaderType, nameof(loaderType));
        Contracts.CheckValue(sigType, nameof(sigType));
        if (loadNames is not { Length: > 0 })
            loadNames = [userName];
        Contracts.CheckParam(!loadNames.Any(string.IsNullOrWhiteSpace), nameof(loadNames), "LoadableClass loadName parameter can't be empty");
        Contracts.CheckParam(sigType.BaseType == typeof(MulticastDelegate), nameof(sigType), "LoadableClass signature type must be a delegate type");
        (InstanceType, LoaderType, SigType, LoadNames) = (instType, loaderType, sigType, loadNames);
        Summary = summary;
        UserName = userName;
        var parameters = sigType.GetMethod("Invoke").GetParameters().Select(p => p.ParameterType);
        CtorTypes = argType == null ? [.. parameters] : [argType, .. parameters];
    }

    public Type InstanceType { get; }

    public Type LoaderType { get; }

    public Type SigType { get; }

    public Type[] CtorTypes { get; }

    public string Summary { get; }

    public string UserName { get; }

    public string[] LoadNames { get; }
}
