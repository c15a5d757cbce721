using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>A model's own template where plain turns become text, spans and ids.</summary>
[TestClass]
public class JinjaChatTemplateTests
{
    private static readonly ChatTurn[] Dialogue = [new("system", "Be brief."), new("user", "Will it rain?"), new("assistant", "No 😀."), new("user", "And now?"), new("assistant", " Yes.\n")];

    [TestMethod]
    [DataRow("zephyr")]
    [DataRow("chatml")]
    [DataRow("smollm2")]
    public void Spans_by_difference_are_those_of_the_template_as_code(string name)
    {
        var code = ChatTemplate.Get(name);
        var jinja = new JinjaChatTemplate(code.Jinja, new Dictionary<string, string> { ["eos_token"] = code.EndOfTurn });
        Assert.AreEqual(code.EndOfTurn, jinja.EndOfTurn);
        Assert.IsFalse(jinja.MarksGeneration);
        foreach (var prompt in new[] { false, true })
        {
            var (expected, got) = (code.Render(Dialogue, prompt), jinja.Render(Dialogue, prompt));
            Assert.AreEqual(expected.Text, got.Text);
            CollectionAssert.AreEqual(expected.AssistantSpans.ToArray(), got.AssistantSpans.ToArray());
        }
    }

    [TestMethod]
    public void Ids_are_those_of_the_template_as_code()
    {
        var tokenizer = TestTokenizers.ChatMl;
        var jinja = JinjaChatTemplate.FromTokenizer(tokenizer)!;
        var (expected, got) = (ChatTokenizer.Encode(tokenizer, ChatTemplate.ChatMl, Dialogue), ChatTokenizer.Encode(tokenizer, jinja, Dialogue));
        CollectionAssert.AreEqual(expected.Ids, got.Ids);
        CollectionAssert.AreEqual(expected.Supervised, got.Supervised);
        var (pair, ours) = (ChatTokenizer.EncodePair(tokenizer, ChatTemplate.ChatMl, Dialogue[..2], "No.", "Yes."), ChatTokenizer.EncodePair(tokenizer, jinja, Dialogue[..2], "No.", "Yes."));
        CollectionAssert.AreEqual(pair.Prompt, ours.Prompt);
        CollectionAssert.AreEqual(pair.Chosen, ours.Chosen);
        CollectionAssert.AreEqual(pair.Rejected, ours.Rejected);
    }

    [TestMethod]
    [DataRow("qwen3-training", "<|im_end|>")]
    [DataRow("deepseek-v3-training", "<｜end▁of▁sentence｜>")]
    [DataRow("mistral-instruct-v0.3", "</s>")]
    public void The_end_of_turn_shows_in_a_trial(string name, string expected)
    {
        var template = TemplateReference.Template(TemplateReference.Own(name));
        Assert.AreEqual(expected, template.EndOfTurn);
        ChatTurn[] turns = [new("user", "a"), new("assistant", "one"), new("user", "b"), new("assistant", "two")];
        var chat = template.Render(turns, false);
        Assert.HasCount(2, chat.AssistantSpans);
        foreach (var ((start, end), words) in chat.AssistantSpans.Zip(["one", "two"]))
            StringAssert.Contains(chat.Text[start..end].TrimEnd(), words + expected);
    }

    [TestMethod]
    public void A_generation_block_in_a_macro_is_found_by_difference()
    {
        var template = new JinjaChatTemplate(
            "{% macro say(x) %}<{% generation %}{{ x }}</s>{% endgeneration %}>{% endmacro %}"
            + "{% for m in messages %}{% if m.role == 'assistant' %}{{ say(m.content) }}{% else %}{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}<{% endif %}",
            new Dictionary<string, string> { ["eos_token"] = "</s>" });
        var chat = template.Render([new("user", "a"), new("assistant", "b")], false);
        Assert.AreEqual("b</s>", chat.Text[chat.AssistantSpans[0].Start..chat.AssistantSpans[0].End]);
    }

    [TestMethod]
    public void A_template_that_rewrites_what_came_before_is_refused_for_training_only()
    {
        var template = new JinjaChatTemplate("{{ messages | length }}:{% for m in messages %}[{{ m.content }}]{% endfor %}");
        ChatTurn[] turns = [new("user", "a"), new("assistant", "b")];
        var error = Assert.Throws<ChatTemplateException>(() => template.Render(turns, false));
        StringAssert.Contains(error.Message, template.Name);
        StringAssert.Contains(error.Message, "turn 2");
        Assert.AreEqual("2:[a][b]", template.Render(turns, true).Text);
        var silent = new JinjaChatTemplate("{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}");
        StringAssert.Contains(Assert.Throws<ChatTemplateException>(() => silent.Render(turns, false)).Message, "cannot be found");
    }

    [TestMethod]
    public void What_is_wrong_is_named()
    {
        StringAssert.Contains(Assert.Throws<ChatTemplateException>(() => new JinjaChatTemplate("a\n{% if %}")).Message, "line 2");
        var raises = new JinjaChatTemplate("{{ raise_exception('no ' ~ messages[0].role) }}");
        var error = Assert.Throws<ChatTemplateException>(() => raises.Render(Dialogue, true));
        Assert.AreEqual((true, "no system"), (error.RaisedByTemplate, error.Reason));
        foreach (var (jinja, what) in new[]
        {
            ("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "more than"),
            ("{% for i in range(99999) %}{% for j in [1, 2] %}{% for k in [1, 2, 3] %}{{ i + j * k }}{% endfor %}{% endfor %}{% endfor %}", "more than"),
            ("{{ 'x' * 999999999 }}", "characters"),
            ("{{ [0] * 999999999 }}", "elements"),
            ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "deep"),
            ("{% set ns = namespace(s='0123456789') %}{% for i in range(40) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "characters"),
            ("{{ 9 ** 9999999 }}", "bits"),
            ("{{ '%999999999d' | format(1) }}", "field"),
            ("{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}", "more than"),
        })
        {
            var template = new JinjaChatTemplate("{% if go %}" + jinja + "{% endif %}");
            StringAssert.Contains(Assert.Throws<ChatTemplateException>(() => template.Render(new JsonArray(), new() { Variables = new() { ["go"] = true } })).Message, what, jinja);
        }
        foreach (var nested in new[] { new string('(', 5000) + "1" + new string(')', 5000), new string('-', 5000) + "1", string.Concat(Enumerable.Repeat("not ", 5000)) + "1" })
            StringAssert.Contains(Assert.Throws<ChatTemplateException>(() => new JinjaChatTemplate("{{ " + nested + " }}")).Message, "nested");
    }

    [TestMethod]
    public void Of_several_templates_the_default_counts_and_tools_have_their_own()
    {
        var tokenizer = TestTokenizers.Altered(TestTokenizers.Zephyr, config: c => c["chat_template"] = new JsonArray(
            new JsonObject { ["name"] = "tool_use", ["template"] = "tools:{{ tools | length }}" }, new JsonObject { ["name"] = "default", ["template"] = "{{ bos_token }}{{ messages[0].content }}" }));
        Assert.HasCount(2, tokenizer.ChatTemplates);
        var template = JinjaChatTemplate.FromTokenizer(tokenizer)!;
        var messages = JsonNode.Parse("""[{"role": "user", "content": "hi"}]""")!;
        Assert.AreEqual("<s>hi", template.Render(messages).Text);
        Assert.AreEqual("tools:1", template.Render(messages, new() { Tools = [new JsonObject()] }).Text);
        Assert.AreSame(tokenizer, tokenizer.WithChatTemplate(template));
        Assert.IsNull(JinjaChatTemplate.FromTokenizer(TestTokenizers.Altered(TestTokenizers.Zephyr, config: c => c["chat_template"] = null)));
    }

    [TestMethod]
    public void A_message_is_continued_in_any_field()
    {
        var template = new JinjaChatTemplate("{% for m in messages %}<{{ m.role }}>{{ m.reasoning_content }}|{{ m.content | trim }}</s>{% endfor %}");
        var messages = JsonNode.Parse("""[{"role": "user", "content": "hi"}, {"role": "assistant", "content": "so \n", "reasoning": "hm"}]""")!;
        Assert.AreEqual("<user>|hi</s><assistant>hm|so", template.Render(messages, new() { ContinueFinalMessage = true }).Text);
        Assert.AreEqual("<user>|hi</s><assistant>hm", template.Render(messages, new() { ContinueFinalMessage = true, ContinueField = "reasoning_content" }).Text);
        StringAssert.Contains(Assert.Throws<ChatTemplateException>(() => template.Render(messages, new() { ContinueFinalMessage = true, ContinueField = "other" })).Message, "\"other\"");
    }
}
