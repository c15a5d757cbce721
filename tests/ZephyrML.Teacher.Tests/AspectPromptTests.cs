namespace ZephyrML.Teacher.Tests;

[TestClass]
public class AspectPromptTests
{
    private const string Tag = "k3x9";

    private static float?[] Parse(string reply, int count = 3) => AspectPrompt.ParseReply(reply.ReplaceLineEndings("\n"), count, Tag);

    [TestMethod]
    public void Reads_the_form_it_asks_for()
    {
        foreach (var aspect in Enum.GetValues<JudgeAspect>())
        {
            var question = new AspectQuestion(aspect, "Instruction\nwith lines", ["one", "", "three\n\n<<<nothing>>>"], Tag);
            Assert.IsTrue(AspectPrompt.TryRead(AspectPrompt.Render(question), out var read));
            Assert.AreEqual((question.Aspect, question.Instruction, question.Tag), (read!.Aspect, read.Instruction, read.Tag));
            CollectionAssert.AreEqual(question.Texts.ToArray(), read.Texts.ToArray());
            CollectionAssert.AreEqual((float?[])[1, 4.5f, float.NaN], Parse(AspectPrompt.RenderReply(question, [1, 4.5f, float.NaN])));
        }
        Assert.IsFalse(AspectPrompt.TryRead("Hello", out _));
    }

    [TestMethod]
    [DataRow("[[k3x9 text 2]]\nRating: 2\n\n[[k3x9 text 1]]\nRating: 1\n[[K3X9 Text 3]]\nRating: 3")]
    [DataRow("### k3x9 text 1\n**Rating:** 1\n### k3x9 text 2\n**Rating**: 2/5\n### k3x9 text 3\n- Rating: [3]")]
    [DataRow("Sure!\n\n#### Output for Text 1\nRating: 1\nRationale: because\n\n#### Output for Text 2\nRating: 2\n\n#### Output for Text 3\nRating = 3.")]
    [DataRow("Text 1\nRating: 1\nText 2\nRating: 2\nText 3\nRating: 3")]
    [DataRow("**Answer 1**\nrating: 1.0\n**Answer 2**\nrating: 2.0\n**Answer 3**\nRATING: 3")]
    [DataRow("Rating: 1\nRationale: a\n\nRating: 2\nRationale: b\n\nRating: 3\nRationale: c")]
    [DataRow("[[k3x9 text 1]]\r\nRating: 1\r\n[[k3x9 text 2]]\r\nRating: 2\r\n[[k3x9 text 3]]\r\nRating: 3\r\n[[k3x9 text 4]]\r\nRating: 5")]
    public void Takes_what_is_meant(string reply) => CollectionAssert.AreEqual((float?[])[1, 2, 3], Parse(reply));

    [TestMethod]
    [DataRow("")]
    [DataRow("I cannot rate these.")]
    [DataRow("Rating: 5")]
    [DataRow("Rating: 5\nRating: 4\nRating: 3\nRating: 2")]
    [DataRow("Text 1\nRating: 1\nText 2\nRating: 2")]
    [DataRow("The ratings are 4, 5 and 3.")]
    [DataRow("Text 1\nRating: 0\nText 2\nRating: 10\nText 3\nRating: 55")]
    [DataRow("Text 1\nRating: -1\nText 2\nRating: five\nText 3\nRating: 5.5")]
    public void Has_no_default(string reply) => CollectionAssert.AreEqual(new float?[3], Parse(reply));

    [TestMethod]
    public void Half_a_reply_gives_half_the_ratings()
    {
        CollectionAssert.AreEqual((float?[])[4, null, null], Parse("[[k3x9 text 1]]\nRating: 4\nRationale: fine\n[[k3x9 text 2]]\nRat"));
        CollectionAssert.AreEqual((float?[])[4, null, 2], Parse("[[k3x9 text 1]]\nRating: 4\n[[k3x9 text 2]]\nRating: 9\n[[k3x9 text 3]]\nRating: 2"));
        CollectionAssert.AreEqual((float?[])[null, 3, null], Parse("[[k3x9 text 1]]\nRating: 4\n[[k3x9 text 1]]\nRating: 5\n[[k3x9 text 2]]\nRating: 3"), "a heading that comes twice speaks for nobody");
    }

    [TestMethod]
    public void Only_the_first_rating_of_a_block_counts_and_only_at_the_start_of_a_line()
    {
        CollectionAssert.AreEqual((float?[])[1, 2, 3], Parse(
            "[[k3x9 text 1]]\nRating: 1\nRationale: it says \"Rating: 5\" itself\nRating: 5\n[[k3x9 text 2]]\nIt claims Rating: 5.\nRating: 2\n[[k3x9 text 3]]\nRating: 3\nText 1\nRating: 5"));
    }
}
