using System.IO.Compression;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

[TestClass]
public sealed class LanguageModelTests
{
    private static readonly LanguageModelTokenizer Tokenizer = new BpeTrainer(new BpeTrainerOptions { VocabularySize = 300, TemplateName = "zephyr" })
        .Train(["It will rain tomorrow, and the wind will turn.", "No rain today: the sun will shine tomorrow."]);

    private static LanguageModel Model(bool tied = false, int seed = 1) =>
        LanguageModel.Create(Tiny.Config(tied: tied) with { VocabSize = Tokenizer.VocabularySize }, Tokenizer, ChatTemplate.Zephyr, seed);

    private string _folder = "";

    [TestInitialize]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("zephyr-model-").FullName;

    [TestCleanup]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void SavedAndLoadedIsTheSame(bool tied)
    {
        using var model = Model(tied);
        model.SaveHuggingFace(_folder);
        using var loaded = LanguageModel.Load(_folder);
        Assert.AreEqual(model.WeightsHash, loaded.WeightsHash);
        Assert.AreEqual(model.Config.ToJson(), loaded.Config.ToJson());
        Assert.AreEqual("zephyr", loaded.Template.Name);
        CollectionAssert.AreEqual(model.StopTokenIds, loaded.StopTokenIds);
        int[] prompt = ChatTokenizer.EncodePrompt(model.Tokenizer, model.Template, [new ChatTurn("user", "Will it rain tomorrow?")]);
        CollectionAssert.AreEqual(prompt, ChatTokenizer.EncodePrompt(loaded.Tokenizer, loaded.Template, [new ChatTurn("user", "Will it rain tomorrow?")]));
        var options = new GenerationOptions { MaxNewTokens = 8 };
        Assert.AreEqual(TextGenerator.Generate(model, [prompt], options)[0].Text, TextGenerator.Generate(loaded, [prompt], options)[0].Text);
        Assert.IsTrue(File.Exists(Path.Combine(_folder, "generation_config.json")));
        Assert.AreEqual(0, Directory.GetFiles(_folder, "*.tmp").Length);
        model.SaveHuggingFace(_folder);      // over what is there
        Assert.AreEqual("pt", SafeTensorsReaderMetadata(Path.Combine(_folder, "model.safetensors")));
    }

    [TestMethod]
    public void EndTokensOfGenerationConfigCountToo()
    {
        using var model = Model();
        model.SaveHuggingFace(_folder);
        string file = Path.Combine(_folder, "generation_config.json");
        File.WriteAllText(file, """{"eos_token_id": [7, 2, 9, 99999], "temperature": 0.6, "do_sample": true}""");
        using (var loaded = LanguageModel.Load(_folder))
        {
            CollectionAssert.AreEqual(new[] { 2, 7, 9 }, loaded.Config.EosTokenIds.ToArray());
            CollectionAssert.IsSubsetOf(new[] { 7, 9 }, loaded.StopTokenIds);
        }
        File.WriteAllText(file, """{"eos_token_id": 11}""");
        using (var loaded = LanguageModel.Load(_folder)) CollectionAssert.AreEqual(new[] { 2, 11 }, loaded.Config.EosTokenIds.ToArray());
        File.WriteAllText(file, """{"eos_token_id": "two"}""");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => LanguageModel.Load(_folder)).Message, "generation_config.json");
    }

    [TestMethod]
    public void FilesLiveInAZip()
    {
        using var model = Model();
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, write) in model.Files())
            {
                using var entry = zip.CreateEntry(name).Open();
                write(entry);
            }
        using var read = new ZipArchive(file);
        using var loaded = LanguageModel.Read(name => read.GetEntry(name)?.Open());
        Assert.AreEqual(model.WeightsHash, loaded.WeightsHash);
    }

    [TestMethod]
    public void ACloneHasItsOwnWeights()
    {
        using var model = Model();
        using var clone = model.Clone();
        Assert.AreEqual(model.WeightsHash, clone.WeightsHash);
        using (no_grad()) clone.Network.NamedWeights[3].Weight.add_(1);
        Assert.AreEqual(model.WeightsHash, clone.WeightsHash, "kept until told");
        clone.WeightsChanged();
        Assert.AreNotEqual(model.WeightsHash, clone.WeightsHash);
        model.WeightsChanged();
        using var again = Model();
        Assert.AreEqual(again.WeightsHash, model.WeightsHash);
        using var other = Model(seed: 2);
        Assert.AreNotEqual(other.WeightsHash, model.WeightsHash);
    }

    [TestMethod]
    public void WeightsAreReadInTheTypeAskedFor()
    {
        using var model = Model();
        model.SaveHuggingFace(_folder);
        using var narrow = LanguageModel.Load(_folder, new LanguageModelOptions { DataType = ScalarType.BFloat16 });
        Assert.AreEqual(ScalarType.BFloat16, narrow.Network.NamedWeights[0].Weight.dtype);
        Assert.AreNotEqual(model.WeightsHash, narrow.WeightsHash);
        narrow.SaveHuggingFace(_folder);
        StringAssert.Contains(File.ReadAllText(Path.Combine(_folder, "config.json")), "bfloat16");
        using var ids = Tiny.Batch(Tiny.Ids(6, 1));
        using var hidden = narrow.Network.Hidden(ids);
        Assert.AreEqual(ScalarType.BFloat16, hidden.dtype);
    }

    [TestMethod]
    public void TheTemplateIsTheOptionsOrTheRecordedOrTheTokenizers()
    {
        using var model = Model();
        model.SaveHuggingFace(_folder);
        File.Delete(Path.Combine(_folder, "zephyr.json"));
        using (var fromTokenizer = LanguageModel.Load(_folder)) Assert.AreEqual("zephyr", fromTokenizer.Template.Name);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => LanguageModel.Load(_folder, new LanguageModelOptions { ChatTemplate = "chatml" })).Message, "<|im_end|>");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => LanguageModel.Load(_folder, new LanguageModelOptions { ChatTemplate = "other" })).Message, "other");
    }

    [TestMethod]
    public void AModelsOwnTemplateIsUsedAndTravelsWithIt()
    {
        const string Jinja = "{% for m in messages %}{{ '[' ~ m.role ~ ']' ~ m.content ~ eos_token }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";
        using (var model = Model()) model.SaveHuggingFace(_folder);
        File.Delete(Path.Combine(_folder, "zephyr.json"));
        File.WriteAllText(Path.Combine(_folder, "chat_template.jinja"), Jinja);
        var again = Path.Combine(_folder, "again");
        using (var own = LanguageModel.Load(_folder))
        {
            Assert.IsInstanceOfType<JinjaChatTemplate>(own.Template);
            Assert.AreEqual("</s>", own.Template.EndOfTurn);
            own.SaveHuggingFace(again);
        }
        using var loaded = LanguageModel.Load(again);
        Assert.AreEqual(Jinja, loaded.Template.Jinja);
        Assert.AreEqual(Jinja, File.ReadAllText(Path.Combine(again, "chat_template.jinja")));
        Assert.AreEqual("[user]hi</s>[assistant]", loaded.Template.Render([new ChatTurn("user", "hi")], true).Text);
        using (var other = LanguageModel.Load(again, new LanguageModelOptions { ChatTemplate = "zephyr" })) Assert.AreSame(ChatTemplate.Zephyr, other.Template);
        File.WriteAllText(Path.Combine(again, "chat_template.jinja"), "{% if %}");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => LanguageModel.Load(again)).Message, "line 1");
    }

    [TestMethod]
    public void AModelWithoutATemplateNeedsTheOption()
    {
        using (var model = Model()) model.SaveHuggingFace(_folder);
        File.Delete(Path.Combine(_folder, "zephyr.json"));
        var file = Path.Combine(_folder, "tokenizer_config.json");
        var config = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        config.Remove("chat_template");
        File.WriteAllText(file, config.ToJsonString());
        var error = Assert.ThrowsExactly<InvalidDataException>(() => LanguageModel.Load(_folder));
        StringAssert.Contains(error.Message, "set ChatTemplate");
        StringAssert.Contains(error.Message, "zephyr, chatml");
        using var chosen = LanguageModel.Load(_folder, new LanguageModelOptions { ChatTemplate = "zephyr" });
        Assert.AreEqual("zephyr", chosen.Template.Name);
    }

    [TestMethod]
    public void WhatIsMissingIsNamed()
    {
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => LanguageModel.Load(Path.Combine(_folder, "none")));
        foreach (string name in new[] { "config.json", "tokenizer.json", "model.safetensors" })
        {
            using var model = Model();
            model.SaveHuggingFace(_folder);
            File.Delete(Path.Combine(_folder, name));
            StringAssert.Contains(Assert.Throws<Exception>(() => LanguageModel.Load(_folder)).Message, name);
        }
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => LanguageModel.Create(Tiny.Config(), Tokenizer, ChatTemplate.Zephyr, 1)).Message, "vocab_size");
    }

    [TestMethod]
    public void AShardMustStandBesideItsIndex()
    {
        using var model = Model();
        model.SaveHuggingFace(_folder);
        File.Move(Path.Combine(_folder, "model.safetensors"), Path.Combine(_folder, "one.safetensors"));
        string index = Path.Combine(_folder, "model.safetensors.index.json");
        File.WriteAllText(index, """{ "weight_map": { "x": "one.safetensors" } }""");
        using (var loaded = LanguageModel.Load(_folder)) Assert.AreEqual(model.WeightsHash, loaded.WeightsHash);
        File.WriteAllText(index, """{ "weight_map": { "x": "../one.safetensors" } }""");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => LanguageModel.Load(_folder)).Message, "../one.safetensors");
        File.WriteAllText(index, """{ "weight_map": 3 }""");
        Assert.ThrowsExactly<InvalidDataException>(() => LanguageModel.Load(_folder));
    }

    private static string SafeTensorsReaderMetadata(string path)
    {
        using var reader = SafeTensorsReader.Open(path);
        return reader.Metadata["format"];
    }
}
