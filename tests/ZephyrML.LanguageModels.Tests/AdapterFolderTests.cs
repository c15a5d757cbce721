using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>Folders of adapters and of quantised models: found, checked, merged into what was quantised.</summary>
[TestClass]
public sealed class AdapterFolderTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zephyr-adapters").FullName;

    [TestCleanup]
    public void Delete() => Directory.Delete(_folder, recursive: true);

    private string Base(int seed = 3, bool tied = false)
    {
        var tokenizer = new BpeTrainer(new BpeTrainerOptions { VocabularySize = 300 }).Train(["It is fine.", "Will it rain?"]);
        using var model = LanguageModel.Create(Tiny.Config(tied: tied) with { VocabSize = tokenizer.VocabularySize, EosTokenIds = [tokenizer.EosTokenId!.Value], BosTokenId = tokenizer.BosTokenId }, tokenizer, ChatTemplate.Zephyr, seed);
        string folder = Path.Combine(_folder, $"base{seed}");
        model.SaveHuggingFace(folder);
        return folder;
    }

    private static LoraOptions Options => new() { TargetModules = [LoraOptions.AllLinear, ], Rank = 4, Init = LoraInit.Random };

    private static Tensor Logits(LanguageModel model)
    {
        using var noGrad = no_grad();
        return model.Network.Logits(model.Network.Hidden(Tiny.Batch(Tiny.Ids(9, 1))));
    }

    [TestMethod]
    public void AnAdapterFolderLoadsOnItsBase_NamedFromWhereItStands()
    {
        using var scope = NewDisposeScope();
        string from = Base(), adapter = Path.Combine(_folder, "out", "adapter");
        using var model = LanguageModel.Load(from);
        string plain = model.WeightsHash;
        model.Network.AddAdapter(Options, seed: 5);
        model.WeightsChanged();
        Assert.AreEqual(plain, model.BaseHash);
        Assert.AreNotEqual(plain, model.WeightsHash);
        Assert.AreEqual(from, model.BaseModel);
        model.SaveAdapter(adapter, "../../base3");
        CollectionAssert.AreEquivalent(new[] { "adapter_config.json", "adapter_model.safetensors", "zephyr.json" }, Directory.GetFiles(adapter).Select(Path.GetFileName).ToArray());
        Assert.AreEqual("../../base3", JsonNode.Parse(File.ReadAllText(Path.Combine(adapter, "adapter_config.json")))!["base_model_name_or_path"]!.GetValue<string>());
        using var loaded = LanguageModel.Load(adapter);
        Close.Assert(Logits(model), Logits(loaded), 1e-6);
        Assert.AreEqual(model.WeightsHash, loaded.WeightsHash);
        Assert.AreEqual(model.Template.Name, loaded.Template.Name);

        model.SaveAdapter(adapter, "mistralai/Mistral-7B-v0.1");
        var message = Assert.ThrowsExactly<DirectoryNotFoundException>(() => LanguageModel.Load(adapter)).Message;
        StringAssert.Contains(message, "mistralai/Mistral-7B-v0.1");
        StringAssert.Contains(message, "BaseModel");
        using (var named = LanguageModel.Load(adapter, new LanguageModelOptions { BaseModel = from })) Close.Assert(Logits(model), Logits(named), 1e-6);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => LanguageModel.Load(adapter, new LanguageModelOptions { BaseModel = Base(seed: 4) })).Message, "another base");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => LanguageModel.Load(adapter, new LanguageModelOptions { BaseModel = adapter })).Message, "adapter itself");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void MergedModelsAreModels_AndWhatWasTiedMayBecomeTwo(bool tied)
    {
        using var scope = NewDisposeScope();
        foreach (var options in new[] { Options, new LoraOptions { TargetModules = ["q_proj"], ModulesToSave = ["lm_head"], Init = LoraInit.Random }, new LoraOptions { TargetModules = ["embed_tokens", "v_proj"], UseDora = true, Init = LoraInit.Random } })
        {
            using var model = LanguageModel.Load(Base(tied: tied));
            string plain = model.WeightsHash;
            var adapter = model.Network.AddAdapter(options, 5);
            using (no_grad())
                foreach (var (name, weight) in adapter.Weights) if (name.Contains("lm_head")) weight.add_(0.3);
            model.WeightsChanged();
            using var merged = model.Merged();
            Assert.IsNull(merged.Network.Adapter);
            Assert.IsTrue(merged.Network.NamedWeights.All(w => w.Weight.requires_grad));
            Close.Assert(Logits(model), Logits(merged), 1e-5);
            Assert.AreEqual(tied && options.TargetModules![0] is "all-linear", merged.Config.TieWordEmbeddings);
            string folder = Path.Combine(_folder, "merged");
            model.SaveHuggingFace(folder);
            using var loaded = LanguageModel.Load(folder);
            Close.Assert(Logits(model), Logits(loaded), 1e-5);
            Assert.AreEqual(merged.WeightsHash, loaded.WeightsHash);
            using var untouched = model.Base();
            Assert.AreEqual(plain, untouched.WeightsHash);
        }
    }

    [TestMethod]
    public void AQuantizedBaseIsReadWholeAgain_WhereItIsMergedOrSaved()
    {
        using var scope = NewDisposeScope();
        string from = Base();
        using var whole = LanguageModel.Load(from);
        using var model = LanguageModel.Load(from, new LanguageModelOptions { Quantization = new Nf4Options { BlockSize = 32 } });
        using var later = LanguageModel.Load(from);
        later.Quantize(new Nf4Options { BlockSize = 32 });
        Close.Assert(Logits(later), Logits(model), 0, "quantised while loading");
        Assert.AreEqual(whole.WeightsHash, model.BaseHash);
        Assert.AreNotEqual(whole.WeightsHash, model.WeightsHash);
        Assert.AreEqual(later.WeightsHash, model.WeightsHash);
        Assert.IsGreaterThan(1e-3, Close.Difference(Logits(whole), Logits(model)));
        foreach (var network in new[] { whole.Network, model.Network }) network.AddAdapter(Options, 5);
        model.WeightsChanged();
        using var expected = whole.Merged();
        using var merged = model.Merged();
        Assert.IsNull(merged.Network.Quantization);
        foreach (var ((name, a), (_, b)) in expected.Network.NamedWeights.Zip(merged.Network.NamedWeights)) Close.Assert(a, b, 0, name);
        string folder = Path.Combine(_folder, "merged");
        model.SaveHuggingFace(folder);
        using (var loaded = LanguageModel.Load(folder)) Assert.AreEqual(expected.WeightsHash, loaded.WeightsHash);
        using var clone = model.Clone(shareBase: true);
        Close.Assert(Logits(model), Logits(clone), 1e-6);
        using (var fromClone = clone.Merged()) Assert.AreEqual(expected.WeightsHash, fromClone.WeightsHash);

        using (var other = LanguageModel.Load(Base(seed: 4))) other.SaveHuggingFace(from);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(model.Merged).Message, "changed since");
    }
}
