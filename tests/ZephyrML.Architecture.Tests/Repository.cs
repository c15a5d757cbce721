namespace ZephyrML.Architecture.Tests;

/// <summary>Where the repository's files lie, found from the test's own folder.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The C# files below a folder of the repository, without build output.</summary>
    public static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(PathOf(folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    /// <summary>The products of src/ by assembly name, as they stand beside the test.</summary>
    public static IEnumerable<string> Products() =>
        Directory.EnumerateDirectories(PathOf("src")).Select(d => Path.GetFileName(d)!)
            .Where(name => File.Exists(PathOf("src", name, name + ".csproj")))
            .Where(name => File.Exists(AssemblyPath(name))).Order(StringComparer.Ordinal);

    public static string AssemblyPath(string name) => Path.Combine(AppContext.BaseDirectory, name + ".dll");

    private static string FindRoot()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d != null; d = d.Parent)
            if (File.Exists(Path.Combine(d.FullName, "Directory.Packages.props"))) return d.FullName;
        throw new DirectoryNotFoundException("The tests must run below the repository: no Directory.Packages.props was found above them.");
    }
}
