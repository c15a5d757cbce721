namespace ZephyrML.Teacher.Tests;

/// <summary>Finds files of the folder <c>shared</c> that may lie beside the repository. A test that needs one is inconclusive without it.</summary>
internal static class SharedData
{
    public static string Require(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", relative);
            if (File.Exists(path) || Directory.Exists(path))
                return path;
        }
        Assert.Inconclusive($"There is no shared/{relative} beside the repository.");
        return "";
    }
}
