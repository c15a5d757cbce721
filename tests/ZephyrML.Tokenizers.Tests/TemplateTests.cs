using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>Templates render what their Jinja originals do in Python.</summary>
[TestClass]
public class TemplateTests
{
    [TestMethod]
    [DataRow("zephyr-training", "zephyr")]
    [DataRow("chatml", "chatml")]
    public void Own_copies_of_reference_renderings_agree(string fixture, string template)
        => Check(Path.Combine(AppContext.BaseDirectory, "fixtures", "templates", fixture, "fixture.json"), template);

    [TestMethod]
    [DataRow("zephyr", "zephyr")]
    [DataRow("zephyr-training", "zephyr")]
    [DataRow("chatml", "chatml")]
    public void Reference_renderings_agree(string fixture, string template)
        => Check(SharedFolder.Require(Path.Combine("fixtures", "templates", fixture, "fixture.json")), template);

    [TestMethod]
    public void SmolLM2_gets_its_own_system_turn_where_there_is_none()
    {
        var user = new ChatTurn("user", "Hi");
        const string Own = "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n";
        Assert.AreEqual(Own + "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", ChatTemplate.SmolLM2.Render([user], true).Text);
        Assert.AreEqual("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n", ChatTemplate.SmolLM2.Render([new("system", "Be brief."), user], false).Text);
    }

    [TestMethod]
    public void A_span_is_content_and_end_of_turn()
    {
        foreach (var template in ChatTemplate.All)
        {
            var chat = template.Render([new("user", "2+2?"), new("assistant", "4 😀"), new("user", "3+3?"), new("assistant", "6")], addGenerationPrompt: false);
            CollectionAssert.AreEqual(
                new[] { "4 😀" + template.EndOfTurn, "6" + template.EndOfTurn }, chat.AssistantSpans.Select(s => chat.Text[s.Start..s.End]).ToArray());
        }
    }

    [TestMethod]
    public void A_generation_prompt_is_what_stands_before_the_answer()
    {
        foreach (var template in ChatTemplate.All)
        {
            ChatTurn[] context = [new("system", "s"), new("user", "u")];
            var prompt = template.Render(context, addGenerationPrompt: true).Text;
            var whole = template.Render([.. context, new("assistant", "a")], addGenerationPrompt: false);
            Assert.AreEqual(prompt, whole.Text[..whole.AssistantSpans[0].Start]);
        }
    }

    [TestMethod]
    public void Templates_are_found_by_name()
    {
        Assert.AreSame(ChatTemplate.Zephyr, ChatTemplate.Get("Zephyr"));
        Assert.AreSame(ChatTemplate.ChatMl, ChatTemplate.Get("chatml"));
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => ChatTemplate.Get("vicuna")).Message, "'zephyr', 'chatml', 'smollm2'");
    }

    private static void Check(string path, string name)
    {
        var template = ChatTemplate.Get(name);
        var count = 0;
        foreach (var @case in JsonNode.Parse(File.ReadAllText(path))!["cases"]!.AsArray().Select(c => c!))
        {
            // What asks for more than plain text is the Jinja interpreter's.
            if (@case["error"] is not null || @case["continue_final_message"] is not null || @case["messages"]!.AsArray().Any(m => m!["content"] is not JsonValue))
                continue;
            count++;
            var turns = @case["messages"]!.AsArray().Select(m => new ChatTurn((string)m!["role"]!, (string)m["content"]!)).ToArray();
            var chat = template.Render(turns, (bool?)@case["add_generation_prompt"] ?? false);
            Assert.AreEqual((string)@case["rendered"]!, chat.Text);
            if (@case["assistant_spans"] is JsonArray spans)
            {
                var expected = spans.Select(s => ((int)s![0]!, (int)s[1]!)).ToArray();
                CollectionAssert.AreEqual(expected, ReferenceText.InCodePoints(chat.Text, chat.AssistantSpans), chat.Text);
            }
        }
        Assert.IsGreaterThan(15, count);
    }
}
