using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

[TestClass]
public class BpeTrainerTests
{
    [TestMethod]
    public void Any_text_comes_back_and_so_do_its_places()
    {
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            var text = TestTokenizers.RandomText(random, random.Next(60));
            var tokenized = TestTokenizers.Zephyr.EncodeWithOffsets(text);
            CollectionAssert.AreEqual(TestTokenizers.Zephyr.Encode(text), tokenized.Ids);
            Assert.AreEqual(text, TestTokenizers.Zephyr.Decode(tokenized.Ids));
            var end = 0;
            foreach (var (from, to) in tokenized.Offsets)
            {
                Assert.IsTrue(from <= end && to >= end && to > from, $"({from}, {to}) behind {end}");
                end = to;
            }
            Assert.AreEqual(text.Length, end);
        }
    }

    [TestMethod]
    public void A_lone_surrogate_is_a_replacement_character()
    {
        var ids = TestTokenizers.Zephyr.Encode("a\uD83Db\uDE00");
        Assert.AreEqual("a\uFFFDb\uFFFD", TestTokenizers.Zephyr.Decode(ids));
    }

    [TestMethod]
    public void Training_is_the_same_whatever_the_order_of_the_texts()
    {
        string[] texts = ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog"];
        var options = new BpeTrainerOptions { VocabularySize = 300 };
        var one = TestTokenizers.Files(new BpeTrainer(options).Train(texts));
        var other = TestTokenizers.Files(new BpeTrainer(options).Train(texts.Reverse()));
        CollectionAssert.AreEqual(one["tokenizer.json"], other["tokenizer.json"]);
        CollectionAssert.AreEqual(one["tokenizer_config.json"], other["tokenizer_config.json"]);
    }

    [TestMethod]
    public void The_most_frequent_pair_is_merged_first_and_ties_go_to_the_lowest_ids()
    {
        // 'ab' three times; then 'abc' (= ab+c) twice; 'xy' twice too, but c comes before x.
        var tokenizer = new BpeTrainer(new() { VocabularySize = 4096, TemplateName = null, MinFrequency = 2, BosToken = null, PadToken = null }).Train(["abc", "abc", "ab", "xy", "xy"]);
        var merges = JsonNode.Parse(TestTokenizers.Files(tokenizer)["tokenizer.json"])!["model"]!["merges"]!.AsArray().Select(m => (string)m!);
        Assert.AreEqual("a b|x y|ab c", string.Join('|', merges));
        Assert.AreEqual(1 + 256 + 3, tokenizer.VocabularySize);
    }

    [TestMethod]
    public void Overlapping_pairs_count_as_in_the_reference()
    {
        var tokenizer = new BpeTrainer(new() { VocabularySize = 4096, TemplateName = null, MinFrequency = 1, BosToken = null, PadToken = null }).Train(["aaaa", "aaa"]);
        var merges = JsonNode.Parse(TestTokenizers.Files(tokenizer)["tokenizer.json"])!["model"]!["merges"]!.AsArray().Select(m => (string)m!);
        Assert.AreEqual("a a|aa a|aa aa", string.Join('|', merges));
    }

    [TestMethod]
    public void Special_tokens_and_digits_stand_alone()
    {
        var tokenizer = TestTokenizers.Train(o => o.SpecialTokens = ["<|tool|>"]);
        foreach (var token in new[] { "<s>", "</s>", "<pad>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>" })
        {
            Assert.HasCount(1, tokenizer.Encode(token), token);
            Assert.IsTrue(tokenizer.IsSpecial(tokenizer.TokenToId(token)!.Value), token);
        }
        Assert.AreEqual((0, 1, 2), (tokenizer.BosTokenId, tokenizer.EosTokenId, tokenizer.PadTokenId));
        var digits = tokenizer.EncodeWithOffsets("in 1975").Offsets.Where(o => o.Start >= 3);
        CollectionAssert.AreEqual(new[] { (3, 4), (4, 5), (5, 6), (6, 7) }, digits.ToArray());
    }

    [TestMethod]
    public void The_configuration_holds_the_templates_text_and_is_recognised()
    {
        Assert.AreEqual("zephyr", TestTokenizers.Zephyr.ChatTemplateName);
        Assert.AreEqual("chatml", TestTokenizers.ChatMl.ChatTemplateName);
        Assert.AreEqual("<|im_end|>", TestTokenizers.ChatMl.IdToToken(TestTokenizers.ChatMl.EosTokenId!.Value));
        Assert.IsNull(TestTokenizers.Train(o => o.TemplateName = null).ChatTemplateName);
        var config = JsonNode.Parse(TestTokenizers.Files(TestTokenizers.Zephyr)["tokenizer_config.json"])!;
        Assert.AreEqual(ChatTemplate.Zephyr.Jinja, (string)config["chat_template"]!);
    }

    [TestMethod]
    public void Wrong_options_are_listed_together()
    {
        var error = Assert.Throws<ArgumentException>(() => new BpeTrainer(new() { VocabularySize = 10, MinFrequency = 0, MaxTokenLength = 0, EosToken = "<e>" }));
        foreach (var part in new[] { "VocabularySize is 10", "at least 263", "MinFrequency is 0", "MaxTokenLength is 0", "EosToken is '<e>'" })
            StringAssert.Contains(error.Message, part);
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => new BpeTrainer(new() { TemplateName = "alpaca" })).Message, "known are zephyr, chatml");
    }

    [TestMethod]
    public void Options_are_copied()
    {
        var options = new BpeTrainerOptions { VocabularySize = 300 };
        var trainer = new BpeTrainer(options);
        options.VocabularySize = 270;
        Assert.IsGreaterThan(290, trainer.Train(["the cat sat on the mat, the dog sat on the log, the rat sat on the hat, and all sat"]).VocabularySize + 20);
        Assert.Throws<OperationCanceledException>(() => trainer.Train(["x"], new CancellationToken(canceled: true)));
    }

    [TestMethod]
    public void Half_a_megabyte_trains_in_a_moment()
    {
        var random = new Random(5);
        var words = Enumerable.Range(0, 5_000).Select(_ => new string([.. Enumerable.Range(0, random.Next(2, 10)).Select(_ => (char)('a' + (int)(26 * Math.Pow(random.NextDouble(), 2))))])).ToArray();
        var text = string.Join(' ', Enumerable.Range(0, 60_000).Select(_ => words[(int)(words.Length * Math.Pow(random.NextDouble(), 3))]));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var tokenizer = new BpeTrainer(new() { VocabularySize = 2000 }).Train([text]);
        Assert.AreEqual(2000, tokenizer.VocabularySize);
        var ids = tokenizer.Encode(text);
        Assert.AreEqual(text, tokenizer.Decode(ids));
        Assert.IsLessThan(60, clock.Elapsed.TotalSeconds);
    }
}
