using System.Reflection;

namespace ZephyrML.Architecture.Tests;

/// <summary>The public surface of every product stands in eng/public-api/NAME.txt: a change of it is seen in review.
/// After a deliberate change run the tests once with ZEPHYR_UPDATE_PUBLIC_API=1 and commit the listings.</summary>
[TestClass]
public sealed class PublicApiTests
{
    public static IEnumerable<object[]> Names => Repository.Products().Select(n => new object[] { n });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void TheSurfaceIsTheListedOne(string product)
    {
        var listing = Repository.PathOf("eng", "public-api", product + ".txt");
        var now = Surface.Of(Assembly.LoadFrom(Repository.AssemblyPath(product))).ToArray();
        if (Environment.GetEnvironmentVariable("ZEPHYR_UPDATE_PUBLIC_API") == "1") File.WriteAllLines(listing, now);
        Assert.IsTrue(File.Exists(listing), $"no listing {Path.GetFileName(listing)}; {HowTo}");
        var before = File.ReadAllLines(listing);
        var added = now.Except(before).Select(l => "+ " + l);
        var removed = before.Except(now).Select(l => "- " + l);
        var difference = string.Join(Environment.NewLine, removed.Concat(added).Take(40));
        Assert.AreEqual("", difference, $"the public surface of {product} has changed; {HowTo}");
    }

    private const string HowTo = "if that is meant, run the tests once with ZEPHYR_UPDATE_PUBLIC_API=1 and commit eng/public-api";
}
