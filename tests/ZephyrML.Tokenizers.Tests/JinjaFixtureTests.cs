namespace ZephyrML.Tokenizers.Tests;

/// <summary>Templates render what transformers renders, and the language does what Jinja2 does in transformers' sandbox.</summary>
[TestClass]
public class JinjaFixtureTests
{
    [TestMethod]
    public void The_language_is_that_of_the_references()
        => Check(TemplateReference.Language(TemplateReference.Own("jinja-language")), 200);

    [TestMethod]
    public void More_of_the_language_is_that_of_jinja2()
        => Check(TemplateReference.Language(TemplateReference.Own("jinja-more")), 180);

    [TestMethod]
    [DataRow("qwen3-training")]
    [DataRow("mistral-instruct-v0.3")]
    [DataRow("deepseek-v3-training")]
    [DataRow("zephyr-training")]
    [DataRow("chatml")]
    public void Own_copies_of_reference_renderings_agree(string name) => Check(TemplateReference.Cases(TemplateReference.Own(name)), 15);

    [TestMethod]
    public void All_reference_renderings_agree()
    {
        var count = 0;
        foreach (var folder in Directory.GetDirectories(SharedFolder.Require(Path.Combine("fixtures", "templates"))))
        {
            Check(Path.GetFileName(folder) == "jinja-language" ? TemplateReference.Language(folder) : TemplateReference.Cases(folder), 30);
            count++;
        }
        Assert.IsGreaterThan(15, count);
    }

    private static void Check(IEnumerable<string?> reasons, int least)
    {
        var all = reasons.ToList();
        Assert.IsGreaterThanOrEqualTo(least, all.Count);
        Assert.AreEqual("", string.Join('\n', all.OfType<string>()));
    }
}
