namespace ZephyrML.Tokenizers.Tests;

/// <summary>Finds files of the folder <c>shared</c> that may lie beside the repository. A test that needs one is inconclusive without it.</summary>
internal static class SharedFolder
{
    private static readonly string? Root = Find();

    public static string Require(string relative)
    {
        var path = Root is null ? null : Path.Combine(Root, relative);
        if (path is null || !(File.Exists(path) || Directory.Exists(path)))
            Assert.Inconclusive($"There is no shared/{relative} beside the repository.");
        return path!;
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var shared = Path.Combine(folder.FullName, "shared");
            if (Directory.Exists(Path.Combine(shared, "fixtures")))
                return shared;
        }
        return null;
    }
}
