using Mono.Cecil;

namespace ZephyrML.Architecture.Tests;

/// <summary>Who may use whom (docs/architecture.md): read from the compiled assemblies, not from project files.</summary>
[TestClass]
public sealed class ArrowTests
{
    // Each product and what it may reference among our own assemblies and the packages that the arrows are about.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["ZephyrML.Teacher"] = ["Microsoft.Extensions.AI.Abstractions", "Polly.Core", "Microsoft.Data.Sqlite", "SQLitePCLRaw.core", "SQLitePCLRaw.batteries_v2"],
        ["ZephyrML.LanguageModels"] = ["TorchSharp", "Microsoft.ML.Tokenizers"],
        ["ZephyrML.Training"] = ["TorchSharp", "ZephyrML.LanguageModels"],
        ["ZephyrML.ModelZip"] = ["Microsoft.ML.Core"],
        ["ZephyrML.Transforms"] = ["TorchSharp", "ZephyrML.Teacher", "ZephyrML.LanguageModels", "ZephyrML.ModelZip", "Microsoft.ML.", "Microsoft.Extensions.AI.Abstractions"],
        ["ZephyrML.Estimators"] = ["TorchSharp", "ZephyrML.Teacher", "ZephyrML.LanguageModels", "ZephyrML.Training", "ZephyrML.ModelZip", "ZephyrML.Transforms", "Microsoft.ML.", "Microsoft.Extensions.AI.Abstractions"],
    };

    [TestMethod]
    public void EveryProductHasARule() =>
        CollectionAssert.AreEquivalent(Repository.Products().ToArray(), Allowed.Keys.ToArray(), "a project of src/ without a rule here, or a rule without a project");

    [TestMethod]
    public void ProductsUseOnlyWhatTheArrowsAllow()
    {
        var wrong = new List<string>();
        foreach (var (product, allowed) in Allowed)
        {
            using var module = ModuleDefinition.ReadModule(Repository.AssemblyPath(product));
            foreach (var used in module.AssemblyReferences.Select(r => r.Name).Where(n => !IsFramework(n)))
                if (!allowed.Any(a => a.EndsWith('.') ? used.StartsWith(a, StringComparison.Ordinal) && used != "Microsoft.ML.AutoML" : used == a))
                    wrong.Add($"{product} -> {used}");
        }
        Assert.IsEmpty(wrong, string.Join("; ", wrong));
    }

    [TestMethod]
    public void NoTorchTypeInThePublicSignaturesOfTheFrontRooms()
    {
        var wrong = new List<string>();
        foreach (var product in new[] { "ZephyrML.Transforms", "ZephyrML.Estimators" })
        {
            using var module = ModuleDefinition.ReadModule(Repository.AssemblyPath(product));
            foreach (var type in module.GetTypes().Where(IsVisible))
            {
                if (type.BaseType is { } b && MentionsTorch(b)) wrong.Add($"{type.FullName} : {b.FullName}");
                foreach (var m in type.Methods.Where(m => m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly))
                    if (MentionsTorch(m.ReturnType) || m.Parameters.Any(p => MentionsTorch(p.ParameterType))) wrong.Add(m.FullName);
                foreach (var f in type.Fields.Where(f => f.IsPublic || f.IsFamily))
                    if (MentionsTorch(f.FieldType)) wrong.Add(f.FullName);
            }
        }
        Assert.IsEmpty(wrong, string.Join(Environment.NewLine, wrong));
    }

    private static bool IsFramework(string name) =>
        name is "System" or "Microsoft.Win32.Primitives" or "netstandard" or "mscorlib" or "System.Private.CoreLib" || name.StartsWith("System.", StringComparison.Ordinal);

    private static bool IsVisible(TypeDefinition t) => t.IsPublic || (t.IsNestedPublic && IsVisible(t.DeclaringType));

    private static bool MentionsTorch(TypeReference t) => t switch
    {
        GenericInstanceType g => MentionsTorch(g.ElementType) || g.GenericArguments.Any(MentionsTorch),
        TypeSpecification s => MentionsTorch(s.ElementType),
        _ => t.Scope?.Name is "TorchSharp" or "TorchSharp.dll",
    };
}
