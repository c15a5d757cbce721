using System.Text.RegularExpressions;

namespace ZephyrML.Architecture.Tests;

/// <summary>House rules that the compiler does not know.</summary>
[TestClass]
public sealed partial class SourceTests
{
    [TestMethod]
    public void SourcesDoNotDependOnTheStack()
    {
        var wrong = Repository.Sources("src")
            .Where(f => File.ReadLines(f).Any(l => Directive().IsMatch(l) || l.Contains("ZephyrStack", StringComparison.Ordinal)))
            .Select(f => Path.GetRelativePath(Repository.Root, f)).ToArray();
        Assert.IsEmpty(wrong, "src/ must compile unchanged on either stack: " + string.Join(", ", wrong));
    }

    [TestMethod]
    public void StandInsOpenTheirInternalsToNobodyButStandIns()
    {
        var standIns = Directory.EnumerateDirectories(Repository.PathOf("standins")).Select(Path.GetFileName).ToHashSet();
        var wrong = Directory.EnumerateFiles(Repository.PathOf("standins"), "*.*", SearchOption.AllDirectories)
            .Where(f => (f.EndsWith(".cs", StringComparison.Ordinal) || f.EndsWith("proj", StringComparison.Ordinal)) && !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}"))
            .SelectMany(f => Friend().Matches(File.ReadAllText(f)).Select(m => m.Groups["name"].Value))
            .Where(name => !standIns.Contains(name)).ToArray();
        Assert.IsEmpty(wrong, string.Join(", ", wrong));
    }

    [TestMethod]
    public void OnePublicTypeAFile()
    {
        var wrong = Repository.Sources("src").Where(f => PublicType().Count(File.ReadAllText(f)) > 1)
            .Select(f => Path.GetRelativePath(Repository.Root, f)).ToArray();
        Assert.IsEmpty(wrong, string.Join(", ", wrong));
    }

    [GeneratedRegex(@"^\s*#(if|elif|define)\b")]
    private static partial Regex Directive();

    [GeneratedRegex("""InternalsVisibleTo(?:\("|\s+Include=")(?<name>[^",]+)""")]
    private static partial Regex Friend();

    [GeneratedRegex(@"^public (?:(?:static|sealed|abstract|readonly|partial|ref|unsafe) )*(?:class|struct|interface|enum|record(?: struct| class)?|delegate \S+) \w+", RegexOptions.Multiline)]
    private static partial Regex PublicType();
}
