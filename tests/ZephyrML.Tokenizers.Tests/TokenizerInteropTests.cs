using System.Buffers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>A LanguageModelTokenizer is a Microsoft.ML.Tokenizers.Tokenizer, and agrees with BpeTokenizer where that can do the job.</summary>
[TestClass]
public class TokenizerInteropTests
{
    [TestMethod]
    public void Ids_are_those_of_BpeTokenizer()
    {
        var fixture = TokenizerFixture.Own("bpe-gpt2-small");
        var model = JsonNode.Parse(TestTokenizers.Files(fixture.Tokenizer)["tokenizer.json"])!["model"]!;
        var reference = BpeTokenizer.Create(new BpeOptions(model["vocab"]!.AsObject().ToDictionary(t => t.Key, t => (int)t.Value!))
        {
            Merges = model["merges"]!.AsArray().Select(m => $"{m![0]} {m[1]}"),
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(new Regex(SplitPattern.Gpt2), null),
        });
        Tokenizer tokenizer = fixture.Tokenizer;
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var text = TestTokenizers.RandomText(random, 1 + random.Next(50), plane0: true);
            var ids = reference.EncodeToIds(text);
            CollectionAssert.AreEqual(ids.ToArray(), tokenizer.EncodeToIds(text).ToArray());
            CollectionAssert.AreEqual(reference.EncodeToTokens(text, out _).ToArray(), tokenizer.EncodeToTokens(text, out _).ToArray());
            Assert.AreEqual(reference.Decode(ids), tokenizer.Decode(ids));
            Assert.AreEqual(ids.Count, tokenizer.CountTokens(text));
        }
    }

    [TestMethod]
    public void A_limit_cuts()
    {
        Tokenizer tokenizer = TestTokenizers.Zephyr;
        var all = tokenizer.EncodeToTokens("Will it rain tomorrow?", out var normalized);
        Assert.IsNull(normalized);
        var some = tokenizer.EncodeToIds("Will it rain tomorrow?", 2, out _, out var consumed);
        CollectionAssert.AreEqual(all.Take(2).Select(t => t.Id).ToArray(), some.ToArray());
        Assert.AreEqual(all[1].Offset.End.Value, consumed);
        Assert.AreEqual(all[1].Offset.End.Value, tokenizer.GetIndexByTokenCount("Will it rain tomorrow?", 2, out _, out _));
        Assert.AreEqual(all[^2].Offset.Start.Value, tokenizer.GetIndexByTokenCountFromEnd("Will it rain tomorrow?", 2, out _, out _));
    }

    [TestMethod]
    public void Decoding_into_a_buffer_takes_whole_characters()
    {
        Tokenizer tokenizer = TestTokenizers.Zephyr;
        var ids = TestTokenizers.Zephyr.Encode("ab ▼</s>");
        var buffer = new char[ids.Length + 8];
        Assert.AreEqual(OperationStatus.Done, tokenizer.Decode(ids, buffer, out var consumed, out var written));
        Assert.AreEqual((ids.Length, "ab ▼</s>"), (consumed, new string(buffer, 0, written)));
        Assert.AreEqual(OperationStatus.DestinationTooSmall, tokenizer.Decode(ids, buffer.AsSpan(0, 5), out consumed, out written));
        Assert.AreEqual("ab ▼", new string(buffer, 0, written));
        Assert.AreEqual(ids.Length - 1, consumed);
        Assert.AreEqual(OperationStatus.DestinationTooSmall, tokenizer.Decode(ids, buffer.AsSpan(0, 3), out consumed, out written));
        Assert.AreEqual("ab ", TestTokenizers.Zephyr.Decode(ids.AsSpan(0, consumed)));
    }

    [TestMethod]
    public void Normalisation_and_splitting_can_be_turned_off()
    {
        Tokenizer tokenizer = TokenizerFixture.Own("bpe-qwen2-small").Tokenizer;
        Assert.HasCount(tokenizer.EncodeToIds("\u00E9").Count, tokenizer.EncodeToIds("e\u0301"));
        Assert.AreEqual("e\u0301", tokenizer.Decode(tokenizer.EncodeToIds("e\u0301", considerNormalization: false)));
        Assert.AreEqual("a  b", tokenizer.Decode(tokenizer.EncodeToIds("a  b", considerPreTokenization: false)));
    }

    [TestMethod]
    public void Threads_share_a_tokenizer()
    {
        var random = new Random(11);
        var texts = Enumerable.Range(0, 200).Select(_ => TestTokenizers.RandomText(random, 200)).ToArray();
        var fresh = TestTokenizers.Read(TestTokenizers.Files(TestTokenizers.Zephyr));
        var ids = new int[texts.Length][];
        Parallel.For(0, texts.Length, i => ids[i] = fresh.Encode(texts[i]));
        for (var i = 0; i < texts.Length; i++)
            CollectionAssert.AreEqual(TestTokenizers.Zephyr.Encode(texts[i]), ids[i]);
    }
}
