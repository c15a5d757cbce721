using System.Text;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

[TestClass]
public class TokenizerFilesTests
{
    [TestMethod]
    [DataRow("bpe-gpt2-small")]
    [DataRow("bpe-llama3-small")]
    [DataRow("bpe-qwen2-small")]
    [DataRow("added-token-flags")]
    [DataRow("spm-bpe-small")]
    public void Files_come_back_byte_for_byte(string name)
    {
        var source = Path.Combine(AppContext.BaseDirectory, "fixtures", name);
        var folder = Directory.CreateTempSubdirectory("zephyr-tokenizer");
        try
        {
            var target = Path.Combine(folder.FullName, "inner");
            LanguageModelTokenizer.Load(source).Save(target);
            foreach (var file in new[] { "tokenizer.json", "tokenizer_config.json" })
                CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(source, file)), File.ReadAllBytes(Path.Combine(target, file)));
            Assert.HasCount(2, Directory.GetFiles(target));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestMethod]
    public void A_trained_tokenizer_loads_back_equal()
    {
        var files = TestTokenizers.Files(TestTokenizers.Zephyr);
        var again = TestTokenizers.Read(files);
        var random = new Random(2);
        for (var i = 0; i < 50; i++)
        {
            var text = TestTokenizers.RandomText(random, 40);
            CollectionAssert.AreEqual(TestTokenizers.Zephyr.Encode(text, true), again.Encode(text, true));
        }
        Assert.AreEqual((TestTokenizers.Zephyr.VocabularySize, 0, 1, 2, "zephyr"), (again.VocabularySize, again.BosTokenId, again.EosTokenId, again.PadTokenId, again.ChatTemplateName));
        foreach (var (name, bytes) in TestTokenizers.Files(again))
            CollectionAssert.AreEqual(files[name], bytes);
    }

    [TestMethod]
    public void Another_template_is_written_where_the_old_one_was()
    {
        var plain = TestTokenizers.Train(o => (o.TemplateName, o.SpecialTokens) = ("zephyr", ["<|im_start|>", "<|im_end|>"]));
        var changed = TestTokenizers.Read(TestTokenizers.Files(plain.WithChatTemplate(ChatTemplate.ChatMl)));
        Assert.AreEqual("chatml", changed.ChatTemplateName);
        Assert.AreEqual(ChatTemplate.ChatMl.Jinja, changed.ChatTemplateText);
        Assert.AreSame(plain, plain.WithChatTemplate(ChatTemplate.Zephyr));
        var withFile = TestTokenizers.Altered(plain, jinja: "{{ 'something else' }}");
        Assert.IsNull(withFile.ChatTemplateName);
        Assert.AreEqual("{{ 'something else' }}", withFile.ChatTemplateText);
        var files = TestTokenizers.Files(withFile.WithChatTemplate(ChatTemplate.ChatMl));
        Assert.AreEqual(ChatTemplate.ChatMl.Jinja, Encoding.UTF8.GetString(files["chat_template.jinja"]));
        Assert.AreEqual("chatml", TestTokenizers.Read(files).ChatTemplateName);
    }

    [TestMethod]
    [DataRow("zephyr", "zephyr", "</s>")]
    [DataRow("zephyr-training", "zephyr", "</s>")]
    [DataRow("zephyr", null, "<|im_end|>")]
    [DataRow("chatml", "chatml", "<|im_end|>")]
    [DataRow("llama-3-instruct", null, "</s>")]
    public void Published_templates_are_recognised(string fixture, string? expected, string eos)
    {
        var jinja = File.ReadAllText(SharedFolder.Require(Path.Combine("fixtures", "templates", fixture, "chat_template.jinja")));
        var tokenizer = TestTokenizers.Train(o => o.SpecialTokens = ["<|im_end|>"]);
        Assert.AreEqual(expected, TestTokenizers.Altered(tokenizer, config: c => c["eos_token"] = eos, jinja: jinja).ChatTemplateName);
        Assert.AreEqual(expected, TestTokenizers.Altered(tokenizer, config: c => (c["eos_token"], c["chat_template"]) = (eos, jinja.Replace("\n", "\r\n") + "\r\n")).ChatTemplateName);
    }

    [TestMethod]
    public void Configurations_come_in_several_shapes()
    {
        var tokenizer = TestTokenizers.Altered(TestTokenizers.Zephyr, config: c =>
        {
            c["bos_token"] = null;
            c["pad_token"] = new JsonObject { ["__type"] = "AddedToken", ["content"] = "</s>" };
            c["unk_token"] = "<s>";
            c["chat_template"] = new JsonArray(
                new JsonObject { ["name"] = "tool_use", ["template"] = "x" }, new JsonObject { ["name"] = "default", ["template"] = ChatTemplate.Zephyr.Jinja });
        });
        Assert.IsNull(tokenizer.BosTokenId);
        Assert.AreEqual((1, 1, 0, "zephyr"), (tokenizer.PadTokenId, tokenizer.EosTokenId, tokenizer.UnkTokenId, tokenizer.ChatTemplateName));
        var files = TestTokenizers.Files(TestTokenizers.Zephyr);
        files.Remove("tokenizer_config.json");
        Assert.IsNull(TestTokenizers.Read(files).EosTokenId);
    }

    [TestMethod]
    public void Llama_classes_add_what_the_configuration_says()
    {
        LanguageModelTokenizer With(bool bos, bool eos) => TestTokenizers.Altered(
            TestTokenizers.Zephyr, config: c => (c["tokenizer_class"], c["add_bos_token"], c["add_eos_token"]) = ("LlamaTokenizerFast", bos, eos));
        var plain = TestTokenizers.Zephyr.Encode("rain");
        CollectionAssert.AreEqual((int[])[0, .. plain, 1], With(true, true).Encode("rain", addSpecialTokens: true));
        CollectionAssert.AreEqual(plain, With(false, false).Encode("rain", addSpecialTokens: true));
        CollectionAssert.AreEqual((int[])[0, .. plain], TestTokenizers.Zephyr.Encode("rain", addSpecialTokens: true));
    }

    [TestMethod]
    [DataRow("model.type", "\"Markov\"", "model type 'Markov'")]
    [DataRow("model.dropout", "0.1", "dropout")]
    [DataRow("normalizer", "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Uppercase\"}]}", "normalizer 'Uppercase'")]
    [DataRow("pre_tokenizer", "{\"type\":\"UnicodeScripts\"}", "pre_tokenizer 'UnicodeScripts'")]
    [DataRow("pre_tokenizer", "{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"first\",\"add_prefix_space\":false}", "prepend_scheme 'first' together with add_prefix_space false")]
    [DataRow("truncation", "{\"max_length\":5,\"strategy\":\"Random\"}", "strategy 'Random'")]
    [DataRow("padding", "{\"strategy\":{\"Fixed\":99999999},\"pad_id\":0}", "padding to 99999999")]
    [DataRow("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\\\\s+\"},\"behavior\":\"Shuffled\"}", "'Shuffled'")]
    [DataRow("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?<=[A-Z]+)a\"},\"behavior\":\"Isolated\"}", "look behind of no fixed length")]
    [DataRow("pre_tokenizer", "{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"last\"}", "prepend_scheme 'last'")]
    [DataRow("decoder", "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"Fuse\"},{\"type\":\"Beam\"}]}", "decoder 'Beam'")]
    [DataRow("decoder", "{\"type\":\"BPEDecoder\",\"suffix\":\"\"}", "an empty suffix")]
    [DataRow("post_processor", "{\"type\":\"Mask\"}", "post_processor 'Mask'")]
    public void What_is_not_supported_is_refused_by_name(string where, string value, string message)
    {
        var error = Assert.Throws<NotSupportedException>(() => TestTokenizers.Altered(TestTokenizers.Zephyr, json: j => Set(j, where, value)));
        StringAssert.Contains(error.Message, message);
    }

    [TestMethod]
    [DataRow("model.merges", "[\"a b c\"]", "merges[0] is \"a b c\"")]
    [DataRow("model.merges", "[[\"a\",\"qq\"]]", "needs the token 'qq'")]
    [DataRow("model.vocab", "{\"a\":\"x\"}", "vocab['a'] is \"x\"")]
    [DataRow("model.vocab", "[]", "vocab is missing")]
    [DataRow("post_processor", "{\"type\":\"RobertaProcessing\",\"sep\":[\"a\"]}", "post_processor.cls")]
    [DataRow("pre_tokenizer", "{\"type\":\"FixedLength\",\"length\":0}", "length of the pre_tokenizer FixedLength is 0")]
    [DataRow("model.continuing_subword_prefix", "\"a much longer one than any token\"", "without the continuing_subword_prefix")]
    [DataRow("added_tokens", "[{\"id\":5}]", "added_tokens[0] has no content")]
    [DataRow("added_tokens", "[{\"id\":77,\"content\":\"a\"}]", "has id 77, but model.vocab gives it")]
    [DataRow("model", "3", "no 'model'")]
    [DataRow("model.vocab", "{\"a\":2000000000}", "vocab['a'] is 2000000000")]
    [DataRow("added_tokens", "{}", "not shaped like")]
    [DataRow("pre_tokenizer", "{\"type\":\"Sequence\"}", "not shaped like")]
    [DataRow("normalizer", "[]", "not shaped like")]
    [DataRow("post_processor", "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"[CLS]\"}}],\"special_tokens\":{}}", "'[CLS]'")]
    [DataRow("normalizer", "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"////AAAA\"}", "precompiled_charsmap")]
    [DataRow("normalizer", "{\"type\":\"Replace\",\"content\":\"x\"}", "pattern of the normalizer Replace")]
    [DataRow("normalizer", "{\"type\":\"Prepend\"}", "prepend of the normalizer Prepend")]
    [DataRow("pre_tokenizer", "{\"type\":\"Metaspace\",\"replacement\":\"ab\"}", "replacement is not one character")]
    [DataRow("decoder", "{\"type\":\"Strip\",\"content\":\"\",\"start\":1,\"stop\":0}", "expected one character")]
    [DataRow("decoder", "{\"type\":\"Strip\",\"content\":\" \",\"start\":-1,\"stop\":0}", "start of the decoder Strip is -1")]
    [DataRow("model", "{\"type\":\"Unigram\",\"unk_id\":3,\"vocab\":[[\"a\",-1]]}", "unk_id is 3")]
    [DataRow("model", "{\"type\":\"Unigram\",\"vocab\":[[\"a\"]]}", "vocab[0]")]
    public void What_is_wrong_is_named(string where, string value, string message)
    {
        var error = Assert.Throws<InvalidDataException>(() => TestTokenizers.Altered(TestTokenizers.Zephyr, json: j => Set(j, where, value)));
        StringAssert.Contains(error.Message, message);
        StringAssert.Contains(error.Message, "tokenizer.json");
    }

    [TestMethod]
    public void Missing_and_broken_files_are_named()
    {
        var folder = Directory.CreateTempSubdirectory("zephyr-tokenizer");
        try
        {
            StringAssert.Contains(Assert.Throws<FileNotFoundException>(() => LanguageModelTokenizer.Load(folder.FullName)).Message, "no tokenizer.json");
            File.WriteAllText(Path.Combine(folder.FullName, "vocab.json"), "");
            StringAssert.Contains(Assert.Throws<FileNotFoundException>(() => LanguageModelTokenizer.Load(folder.FullName)).Message, "only vocab.json, which is not supported");
            File.WriteAllText(Path.Combine(folder.FullName, "tokenizer.model"), "");
            StringAssert.Contains(Assert.Throws<InvalidDataException>(() => LanguageModelTokenizer.Load(folder.FullName)).Message, "tokenizer.model has 0 pieces");
            File.WriteAllText(Path.Combine(folder.FullName, "tokenizer.json"), "{");
            var error = Assert.Throws<InvalidDataException>(() => LanguageModelTokenizer.Load(folder.FullName));
            StringAssert.Contains(error.Message, "not valid JSON");
            StringAssert.Contains(error.Message, folder.Name);
            Assert.Throws<DirectoryNotFoundException>(() => LanguageModelTokenizer.Load(Path.Combine(folder.FullName, "nowhere")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        var files = TestTokenizers.Files(TestTokenizers.Zephyr);
        files["tokenizer_config.json"] = "[]"u8.ToArray();
        StringAssert.Contains(Assert.Throws<InvalidDataException>(() => TestTokenizers.Read(files)).Message, "tokenizer_config.json is not a JSON object");
        var unknown = Assert.Throws<InvalidDataException>(() => TestTokenizers.Altered(TestTokenizers.Zephyr, config: c => c["eos_token"] = "<nope>"));
        StringAssert.Contains(unknown.Message, "eos_token is '<nope>'");
    }

    private static void Set(JsonNode json, string where, string value)
    {
        var names = where.Split('.');
        foreach (var name in names[..^1])
            json = json[name]!;
        json[names[^1]] = JsonNode.Parse(value);
    }
}
