using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Names a class, or the class with its static Create method, under which the model loader finds it.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class LoadableClassAttribute : LoadableClassAttributeBase
{
    public LoadableClassAttribute(Type instType, Type argType, Type sigType, string userName, params string[] loadNames)
        : this(null, instType, instType, argType, sigType, userName, loadNames) { }

    public LoadableClassAttribute(Type instType, Type loaderType, Type argType, Type sigType, string userName, params string[] loadNames)
        : this(null, instType, loaderType, argType, sigType, userName, loadNames) { }

    public LoadableClassAttribute(string summary, Type instType, Type argType, Type sigType, string userName, params string[] loadNames)
        : this(summary, instType, instType, argType, sigType, userName, loadNames) { }

    public LoadableClassAttribute(string summary, Type instType, Type loaderType, Type argType, Type sigType, string userName, params string[] loadNames)
        : base(summary, instType, loaderType, argType, sigType, userName, loadNames) { }
}
