using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>The tokenizer of a real model, on the prompts and answers that its reference runs used.</summary>
[TestClass]
public class SmolLM2Tests
{
    private static readonly Lazy<LanguageModelTokenizer> Tokenizer = new(() => LanguageModelTokenizer.Load(SharedFolder.Require(Path.Combine("models", "smollm2-135m-instruct"))));

    [TestMethod]
    public void Prompts_of_the_reference_have_its_ids()
    {
        var fixture = JsonNode.Parse(File.ReadAllText(SharedFolder.Require(Path.Combine("fixtures", "pretrained", "smollm2-135m-instruct", "fixture.json"))))!;
        Assert.AreEqual("smollm2", Tokenizer.Value.ChatTemplateName);
        foreach (var chat in fixture["chats"]!.AsArray().Select(c => c!))
        {
            var turns = chat["messages"]!.AsArray().Select(m => new ChatTurn((string)m!["role"]!, (string)m["content"]!)).ToArray();
            Assert.AreEqual((string)chat["prompt"]!, ChatTemplate.SmolLM2.Render(turns, true).Text);
            CollectionAssert.AreEqual(ReferenceText.Numbers(chat["prompt_ids"]), ChatTokenizer.EncodePrompt(Tokenizer.Value, ChatTemplate.SmolLM2, turns));
            Assert.AreEqual((string)chat["text"]!, Tokenizer.Value.Decode(ReferenceText.Numbers(chat["tokens"])));
        }
    }

    [TestMethod]
    public void Pairs_that_TRL_trained_on_have_its_ids()
    {
        var path = SharedFolder.Require(Path.Combine("fixtures", "training-real", "smollm2-dpo", "data.jsonl"));
        foreach (var row in File.ReadLines(path).Select(line => JsonNode.Parse(line)!))
        {
            CollectionAssert.AreEqual(ReferenceText.Numbers(row["prompt_ids"]), Tokenizer.Value.Encode((string)row["prompt"]!));
            foreach (var side in new[] { "chosen", "rejected" })
                CollectionAssert.AreEqual(ReferenceText.Numbers(row[side + "_ids"]), Tokenizer.Value.Encode((string)row[side]! + "<|im_end|>"), (string)row[side]!);
        }
    }
}
