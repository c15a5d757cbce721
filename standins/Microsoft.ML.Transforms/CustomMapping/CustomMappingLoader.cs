using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

[assembly: LoadableClass(typeof(ITransformer), typeof(CustomMappingLoader), null, typeof(SignatureLoadModel), "", CustomMappingLoader.LoaderSignature)]

namespace Microsoft.ML.Transforms;

/// <summary>A custom mapping in a model: its contract's name, and the assembly to look for it in.</summary>
internal static class CustomMappingLoader
{
    public const string LoaderSignature = "CustomTransformer";
    private const uint WithAssemblyName = 0x00010002;

    private static VersionInfo Version => new("CUSTOMXF", WithAssemblyName, WithAssemblyName, 0x00010001, typeof(CustomMappingLoader).Assembly.FullName, LoaderSignature);

    public static void Save(ModelSaveContext ctx, string contractName, string contractAssembly)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ctx.SaveString(contractName);
        ctx.SaveString(contractAssembly);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        ctx.CheckAtModel(Version);
        string contract = ctx.LoadString();
        if (ctx.Header.ModelVerWritten >= WithAssemblyName)
            env.ComponentCatalog.RegisterAssembly(Assembly.Load(new AssemblyName(ctx.LoadString())));
        object factory = env.ComponentCatalog.GetExtensionValue(env, typeof(CustomMappingFactoryAttributeAttribute), contract);
        return factory is ICustomMappingFactory mapping ? mapping.CreateTransformer(env, contract)
            : throw env.Except($"The class with contract '{contract}' must derive from '{typeof(CustomMappingFactory<,>).FullName}' or from 'Microsoft.ML.Transforms.StatefulCustomMappingFactory`3'.");
    }
}
