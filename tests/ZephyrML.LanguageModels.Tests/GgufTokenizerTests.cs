using System.Text.Json;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>Tokenizers as GGUF metadata and back, against the goldens of the tokenizers library.</summary>
[TestClass]
public sealed class GgufTokenizerTests
{
    private string _folder = "";

    [TestInitialize]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("zephyr-tokens-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow("bpe-gpt2-small", "gpt-2", false)]
    [DataRow("bpe-gpt2-small", "gpt-2", true)]
    [DataRow("bpe-llama3-small", "llama-bpe", false)]
    [DataRow("bpe-llama3-small", "llama-bpe", true)]
    [DataRow("bpe-qwen2-small", "qwen2", false)]
    [DataRow("bpe-qwen2-small", "qwen2", true)]
    public void ByteLevelGivesTheGoldens(string name, string pre, bool whole)
    {
        var tokenizer = LanguageModelTokenizer.Load(Folder(name));
        var metadata = GgufTokenizerWriter.Write(tokenizer, null, Config(tokenizer)).ToDictionary(p => p.Key, p => p.Value);
        Assert.AreEqual(("gpt2", pre), ((string)metadata["tokenizer.ggml.model"], (string)metadata["tokenizer.ggml.pre"]));
        var again = Read(metadata, whole);
        Assert.AreEqual(tokenizer.VocabularySize, again.VocabularySize);
        CheckGoldens(name, again);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void SentencePieceGivesItsOwnIds(bool fromModel)
    {
        string folder = Folder("spm-bpe-small");
        var tokenizer = LanguageModelTokenizer.Read(file => fromModel && file == "tokenizer.json" || !File.Exists(Path.Combine(folder, file)) ? null : File.OpenRead(Path.Combine(folder, file)));
        var metadata = GgufTokenizerWriter.Write(tokenizer, null, Config(tokenizer)).ToDictionary(p => p.Key, p => p.Value);
        Assert.AreEqual("llama", metadata["tokenizer.ggml.model"]);
        CollectionAssert.AreEqual(Enumerable.Range(0, 5).Select(i => (int)PieceKind.Unused).ToArray(), ((int[])metadata["tokenizer.ggml.token_type"])[^5..], "rows without a token");
        if (!fromModel) CheckGoldens("spm-bpe-small", Read(metadata, whole: true));
        var bare = Read(metadata, whole: false);
        Assert.AreEqual(tokenizer.VocabularySize, bare.VocabularySize);
        // Without tokenizer.json it is SentencePiece's own way, as llama.cpp's: blanks at the beginning of a text, or behind a special token, are what Metaspace does otherwise.
        var model = LanguageModelTokenizer.Read(file => file == "tokenizer.json" || !File.Exists(Path.Combine(folder, file)) ? null : File.OpenRead(Path.Combine(folder, file)));
        int compared = 0;
        foreach (var c in Cases("spm-bpe-small").Where(c => !c.TryGetProperty("pair", out _)))
        {
            string text = c.GetProperty("text").GetString()!;
            if (text.Contains('▁') || text.Contains('\0')) continue;
            CollectionAssert.AreEqual(model.Encode(text, true), bare.Encode(text, true), text);
            compared++;
        }
        Assert.IsTrue(compared > 20, $"only {compared} texts");
    }

    [TestMethod]
    public void MistralsOwnTokenizerAgreesWithAndWithoutTokenizerJson()
    {
        string folder = Fixture.Shared("fixtures", "tokenizers", "mistral-v1");
        var files = Directory.GetFiles(folder).ToDictionary(f => Path.GetFileName(f).Replace(".gz", ""), f => f);
        Stream? Open(string name) => !files.TryGetValue(name, out var f) ? null : f.EndsWith(".gz") ? new System.IO.Compression.GZipStream(File.OpenRead(f), System.IO.Compression.CompressionMode.Decompress) : File.OpenRead(f);
        var tokenizer = LanguageModelTokenizer.Read(Open);
        var metadata = GgufTokenizerWriter.Write(tokenizer, null, Config(tokenizer)).ToDictionary(p => p.Key, p => p.Value);
        var bare = Read(metadata, whole: false);
        var model = LanguageModelTokenizer.Read(name => name == "tokenizer.json" ? null : Open(name));
        foreach (string text in new[] { "The rain in Spain stays mainly in the plain.", "a  b   c\n\n  def f(x):\n    return x", "Größe 東京 🦙🦙 1234", "naïve" })
            CollectionAssert.AreEqual(model.Encode(text, true), bare.Encode(text, true), text);
    }

    [TestMethod]
    public void WhatLlamaCppHasNotIsRefusedByName()
    {
        var unigram = LanguageModelTokenizer.Read(file => file == "tokenizer.json" ? new System.IO.Compression.GZipStream(File.OpenRead(Path.Combine(Folder("spm-unigram-small"), "tokenizer.json.gz")), System.IO.Compression.CompressionMode.Decompress) : null);
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => GgufTokenizerWriter.Write(unigram, null, Config(unigram)).ToList()).Message, "Unigram");
        var root = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Path.Combine(Folder("bpe-gpt2-small"), "tokenizer.json")))!;
        root["normalizer"] = new System.Text.Json.Nodes.JsonObject { ["type"] = "Lowercase" };
        var lower = LanguageModelTokenizer.Read(file => file == "tokenizer.json" ? new MemoryStream(System.Text.Encoding.UTF8.GetBytes(root.ToJsonString())) : null);
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => GgufTokenizerWriter.Write(lower, null, Config(lower)).ToList()).Message, "Lowercase");
    }

    [TestMethod]
    public void EveryPreTokenizerNameSplitsAndIsFoundAgain()
    {
        foreach (string name in GgufPreTokenizer.Names.Split(", "))
        {
            var pre = GgufPreTokenizer.Find(name)!;
            using var root = JsonDocument.Parse($$"""{ "pre_tokenizer": {{pre.ToJson().ToJsonString()}}, "normalizer": {{(pre.Composes ? """{"type":"NFC"}""" : "null")}}, "model": { "ignore_merges": {{(pre.IgnoresMerges ? "true" : "false")}} } }""");
            Assert.AreEqual(pre with { AddsBos = false, Patterns = [] }, GgufPreTokenizer.Find(GgufPreTokenizer.NameOf(root.RootElement)!)! with { AddsBos = false, Patterns = [] }, name);
            Assert.IsNotNull(PreTokenizerJson.Read(root.RootElement.GetProperty("pre_tokenizer")), name);
        }
    }

    private static string Folder(string name) => Path.Combine(AppContext.BaseDirectory, "Tokenizers", name);

    private static ModelConfig Config(LanguageModelTokenizer tokenizer) => Tiny.Config() with { VocabSize = tokenizer.VocabularySize + 5, BosTokenId = null, EosTokenIds = [] };

    private static IEnumerable<JsonElement> Cases(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder(name), "fixture.json"))).RootElement.GetProperty("cases").EnumerateArray();

    private static void CheckGoldens(string name, LanguageModelTokenizer tokenizer)
    {
        int compared = 0;
        foreach (var c in Cases(name).Where(c => !c.TryGetProperty("pair", out _)))
        {
            int[] expected = [.. c.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32())];
            CollectionAssert.AreEqual(expected, tokenizer.Encode(c.GetProperty("text").GetString()!, c.GetProperty("add_special_tokens").GetBoolean()), c.GetProperty("text").GetString());
            Assert.AreEqual(c.GetProperty("decoded_skip_special").GetString(), tokenizer.Decode(expected));
            compared++;
        }
        Assert.IsTrue(compared > 20, $"only {compared} texts");
    }

    private LanguageModelTokenizer Read(Dictionary<string, object> metadata, bool whole)
    {
        var path = Path.Combine(_folder, "vocabulary.gguf");
        using (var file = File.Create(path)) GgufFileWriter.Write(file, [.. metadata.Where(p => whole || p.Key != "tokenizer.huggingface.json").Select(p => (p.Key, p.Value))], []);
        using var reader = GgufReader.Open(path);
        return LanguageModelTokenizer.Read(GgufTokenizerReader.Files(reader));
    }
}
