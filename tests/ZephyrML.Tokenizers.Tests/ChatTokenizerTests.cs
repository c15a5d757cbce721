using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

[TestClass]
public class ChatTokenizerTests
{
    private static readonly ChatTurn[] Dialogue = [new("system", "Be brief."), new("user", "Will it rain?"), new("assistant", "No, 0%."), new("user", "And now?"), new("assistant", " Yes.\n")];

    [TestMethod]
    public void Supervised_are_the_answers_and_their_ends()
    {
        foreach (var (tokenizer, template) in Pairs())
        {
            var chat = ChatTokenizer.Encode(tokenizer, template, Dialogue);
            Assert.HasCount(chat.Ids.Length, chat.Supervised);
            var supervised = chat.Ids.Where((_, i) => chat.Supervised[i]).ToArray();
            Assert.AreEqual($"No, 0%.{template.EndOfTurn} Yes.\n{template.EndOfTurn}", tokenizer.Decode(supervised, skipSpecialTokens: false));
            Assert.AreEqual(template.Render(Dialogue, false).Text, tokenizer.Decode(chat.Ids[1..], skipSpecialTokens: false));
        }
    }

    [TestMethod]
    public void A_prompt_is_a_prefix_of_the_dialogue_whatever_the_answer_begins_with()
    {
        foreach (var (tokenizer, template) in Pairs())
        {
            foreach (var answer in new[] { "Yes.", "\nYes", " \n yes", "", "7", template.EndOfTurn, "😀" })
            {
                ChatTurn[] turns = [.. Dialogue, new("user", "Again?")];
                var prompt = ChatTokenizer.EncodePrompt(tokenizer, template, turns);
                var whole = ChatTokenizer.Encode(tokenizer, template, [.. turns, new("assistant", answer)]);
                CollectionAssert.AreEqual(prompt, whole.Ids[..prompt.Length]);
                Assert.IsTrue(whole.Supervised[prompt.Length]);
                var pair = ChatTokenizer.EncodePair(tokenizer, template, turns, answer, "Maybe.");
                CollectionAssert.AreEqual(prompt, pair.Prompt);
                CollectionAssert.AreEqual(whole.Ids.Where((_, i) => i >= prompt.Length && whole.Supervised[i]).ToArray(), pair.Chosen);
                Assert.AreEqual("Maybe." + template.EndOfTurn, tokenizer.Decode(pair.Rejected, skipSpecialTokens: false));
                Assert.AreEqual(tokenizer.TokenToId(template.EndOfTurn), pair.Chosen[^1]);
            }
        }
    }

    [TestMethod]
    public void There_is_one_beginning_at_most()
    {
        var tokenizer = TestTokenizers.Zephyr;
        var bos = tokenizer.BosTokenId!.Value;
        Assert.AreEqual(1, ChatTokenizer.Encode(tokenizer, ChatTemplate.Zephyr, Dialogue).Ids.Count(id => id == bos));
        Assert.AreEqual(bos, ChatTokenizer.EncodePrompt(tokenizer, ChatTemplate.Zephyr, Dialogue)[0]);
        var without = TestTokenizers.Train(o => o.BosToken = null);
        Assert.IsFalse(without.AddsBos);
        Assert.IsFalse(ChatTokenizer.EncodePrompt(without, ChatTemplate.Zephyr, Dialogue).Any(id => id == without.BosTokenId));
        // The text begins with the token itself: a template that writes it.
        var writes = TestTokenizers.Train(o => (o.TemplateName, o.BosToken) = ("chatml", "<|im_start|>"));
        Assert.IsTrue(writes.AddsBos);
        var ids = ChatTokenizer.EncodePrompt(writes, ChatTemplate.ChatMl, [new("user", "x")]);
        Assert.AreEqual(writes.BosTokenId, ids[0]);
        Assert.AreNotEqual(writes.BosTokenId, ids[1]);
    }

    [TestMethod]
    public void A_template_that_writes_the_beginning_itself_gets_no_second_one()
    {
        var tokenizer = TokenizerFixture.Own("bpe-llama3-small").Tokenizer;
        var bos = tokenizer.BosTokenId!.Value;
        Assert.AreEqual(bos, tokenizer.Encode("x", addSpecialTokens: true)[0]);
        const string Turns = "{% for m in messages %}{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content + '<|eot_id|>' }}{% endfor %}"
            + "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}";
        foreach (var jinja in new[] { "{{ bos_token }}" + Turns, Turns })
        {
            var template = new JinjaChatTemplate(jinja, new Dictionary<string, string> { ["bos_token"] = tokenizer.IdToToken(bos)!, ["eos_token"] = "<|eot_id|>" });
            var chat = ChatTokenizer.Encode(tokenizer, template, Dialogue);
            var prompt = ChatTokenizer.EncodePrompt(tokenizer, template, [.. Dialogue, new("user", "x")]);
            Assert.AreEqual((1, bos), (chat.Ids.Count(id => id == bos), chat.Ids[0]));
            Assert.AreEqual((1, bos), (prompt.Count(id => id == bos), prompt[0]));
        }
    }

    [TestMethod]
    public void Messages_with_tools_go_through_any_template_as_transformers_does()
    {
        var tokenizer = TestTokenizers.Zephyr;
        var messages = JsonNode.Parse("""[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]""")!;
        var chat = ChatTokenizer.EncodeMessages(tokenizer, ChatTemplate.Zephyr, messages, new() { ContinueFinalMessage = true });
        Assert.AreEqual("<|user|>\na</s>\n<|assistant|>\nb", tokenizer.Decode(chat.Ids, skipSpecialTokens: false));
        var tools = new JinjaChatTemplate("{% for t in tools %}[{{ t.function.name }}]{% endfor %}{% for d in documents %}<{{ d.title }}>{% endfor %}{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}|{% endif %}{% endfor %}");
        chat = ChatTokenizer.EncodeMessages(tokenizer, tools, messages, new() { Tools = [JsonNode.Parse("""{"function": {"name": "f"}}""")], Documents = [JsonNode.Parse("""{"title": "t"}""")] });
        Assert.AreEqual("[f]<t>a|b", tokenizer.Decode(chat.Ids, skipSpecialTokens: false));
        Assert.AreEqual("b", tokenizer.Decode([.. chat.Ids.Where((_, i) => chat.Supervised[i])]));
    }

    [TestMethod]
    public void A_prefix_space_is_put_at_the_beginnings_the_library_puts_it_and_nowhere_in_the_middle_of_an_answer()
    {
        var tokenizer = TestTokenizers.Altered(TestTokenizers.Train(o => o.SplitDigits = false), json: j => j["pre_tokenizer"]!["add_prefix_space"] = true);
        CollectionAssert.AreEqual(TestTokenizers.Train(o => o.SplitDigits = false).Encode(" rain"), tokenizer.Encode("rain"));
        Assert.AreEqual((0, 1), (tokenizer.EncodeWithOffsets("r").Offsets[^1]));
        var pair = ChatTokenizer.EncodePair(tokenizer, ChatTemplate.Zephyr, [new("user", "x")], "rain", "sun");
        Assert.AreEqual("rain</s>", tokenizer.Decode(pair.Chosen, skipSpecialTokens: false));
    }

    [TestMethod]
    public void What_cannot_be_trained_on_is_refused()
    {
        var tokenizer = TestTokenizers.Zephyr;
        StringAssert.Contains(Error<ArgumentException>(tokenizer, ChatTemplate.Zephyr, new ChatTurn("user", "Hi")), "no turn of the assistant");
        StringAssert.Contains(Error<ArgumentException>(tokenizer, ChatTemplate.Zephyr), "no turns");
        StringAssert.Contains(Error<ArgumentException>(tokenizer, ChatTemplate.Zephyr, new ChatTurn("user", "Hi"), new ChatTurn("tool", "x")), "Turn 2 of the dialogue has the role 'tool'");
        StringAssert.Contains(Error<ArgumentException>(tokenizer, ChatTemplate.Zephyr, new ChatTurn("user", null!)), "no content");
        StringAssert.Contains(Error<InvalidOperationException>(tokenizer, ChatTemplate.ChatMl, Dialogue), "needs '<|im_start|>', its special token");
        StringAssert.Contains(Error<InvalidOperationException>(TestTokenizers.ChatMl, ChatTemplate.Zephyr, Dialogue), "needs '</s>', its end-of-turn token");
        Assert.Throws<InvalidOperationException>(() => tokenizer.WithChatTemplate(ChatTemplate.ChatMl));
    }

    private static string Error<T>(LanguageModelTokenizer tokenizer, ChatTemplate template, params ChatTurn[] turns)
        where T : Exception
        => Assert.Throws<T>(() => ChatTokenizer.Encode(tokenizer, template, turns)).Message;

    private static IEnumerable<(LanguageModelTokenizer Tokenizer, ChatTemplate Template)> Pairs()
        => [(TestTokenizers.Zephyr, ChatTemplate.Zephyr), (TestTokenizers.ChatMl, ChatTemplate.ChatMl)];
}
