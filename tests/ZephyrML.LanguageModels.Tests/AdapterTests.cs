using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using ZephyrML.Parity;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>Adapters compute what PEFT computes; their algebra; their files.</summary>
[TestClass]
public sealed class AdapterTests
{
    private static readonly LoraOptions[] Kinds =
    [
        new() { Rank = 3, Alpha = 5, Init = LoraInit.Random, TargetModules = [LoraOptions.AllLinear] },
        new() { Rank = 4, Alpha = 5, Init = LoraInit.Random, UseRslora = true, RankPattern = new Dictionary<string, int> { ["layers.1.self_attn.q_proj"] = 2, [".*q_proj"] = 6 }, AlphaPattern = new Dictionary<string, double> { ["v_proj"] = 2.5 } },
        new() { Rank = 3, Alpha = 4, Init = LoraInit.Random, UseDora = true, UseRslora = true, TargetModules = ["q_proj", "down_proj", "embed_tokens"] },
        new() { Rank = 2, Alpha = 4, Init = LoraInit.Random, TargetModules = ["embed_tokens", "lm_head", "o_proj"] },
        new() { Rank = 2, Alpha = 4, Init = LoraInit.Random, TargetPattern = @"model\.layers\.1\.mlp\..*_proj", ModulesToSave = ["lm_head", "model.norm"] },
        new() { Rank = 2, Alpha = 4, Init = LoraInit.Random, TargetModules = ["v_proj", "up_proj"], LayersToTransform = [1], LayersPattern = ["layers"], ModulesToSave = ["embed_tokens"] },
    ];

    public static IEnumerable<object[]> Shared()
    {
        string? folder = null;
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null && folder is null; at = at.Parent)
            if (Path.Combine(at.FullName, "shared", "fixtures", "adapters") is var found && Directory.Exists(found)) folder = found;
        var names = folder is null ? [] : Directory.EnumerateDirectories(folder).Select(d => new object[] { Path.GetFileName(d) }).ToList();
        return names.Count == 0 ? [["(none)"]] : names;
    }

    [TestMethod]
    [DataRow("dora")]
    [DataRow("lora-gpt2")]
    public void OwnCopies(string name) => Check(Fixture.Own($"adapters/{name}"));

    [TestMethod]
    [DynamicData(nameof(Shared))]
    public void SharedFixtures(string name) => Check(Fixture.Shared("fixtures", "adapters", name));

    private static void Check(string folder)
    {
        var outcome = new Outcome();
        AdapterKind.Run(folder, JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "fixture.json"))).RootElement, outcome);
        Assert.IsTrue(outcome.Passed, outcome.ToJson(folder, "adapter").ToJsonString());
    }

    public static IEnumerable<object[]> Algebra() => Enumerable.Range(0, Kinds.Length).SelectMany(kind => new[] { false, true }.Select(tied => new object[] { kind, tied }));

    [TestMethod]
    [DynamicData(nameof(Algebra))]
    public void MergedIsUnmerged_OffIsTheBase_FilesReadBackEqual(int kind, bool tied)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = new CausalLM(Tiny.Config(tied: tied), seed: 4);
        var before = model.NamedWeights.Select(w => w.Weight.clone()).ToList();
        var ids = Tiny.Batch(Tiny.Ids(9, 1), Tiny.Ids(9, 2));
        Tensor Logits(CausalLM of) => of.Logits(of.Hidden(ids));
        var plain = Logits(model);
        var adapter = model.AddAdapter(Kinds[kind], seed: 7);
        foreach (var (_, weight) in adapter.Weights) weight.add_(randn(weight.shape, generator: new Generator(5)), 0.05);
        var adapted = Logits(model);
        Assert.IsGreaterThan(1e-2, Close.Difference(plain, adapted), "the adapter does something");

        using (adapter.Off()) Close.Assert(plain, Logits(model), 0, "off");
        Close.Assert(adapted, Logits(model), 0, "on again");
        adapter.Merge();
        Close.Assert(adapted, Logits(model), 1e-5, "merged");
        Assert.ThrowsExactly<InvalidOperationException>(() => adapter.Off());
        adapter.Unmerge();
        Close.Assert(adapted, Logits(model), 1e-5, "unmerged");

        using var clone = model.Clone(shareBase: true);
        Close.Assert(adapted, Logits(clone), 1e-5, "clone");
        var files = adapter.Files("base").ToDictionary(f => f.Name, f =>
        {
            using var written = new MemoryStream();
            f.Write(written);
            return written.ToArray();
        });
        using var other = new CausalLM(Tiny.Config(tied: tied), seed: 4);
        var read = other.ReadAdapter(name => files.TryGetValue(name, out var bytes) ? new MemoryStream(bytes) : null);
        CollectionAssert.AreEqual(adapter.Weights.Select(w => w.Name).ToList(), read.Weights.Select(w => w.Name).ToList());
        foreach (var ((name, a), (_, b)) in adapter.Weights.Zip(read.Weights)) Close.Assert(a, b, 0, name);
        CollectionAssert.AreEqual(adapter.Targets.ToList(), read.Targets.ToList());
        Close.Assert(adapted, Logits(other), 1e-5, "read back");
        model.RemoveAdapter();
        Close.Assert(plain, Logits(model), 1e-5, "removed");
        foreach (var (was, (name, weight)) in before.Zip(model.NamedWeights)) Close.Assert(was, weight, 1e-6, name);
    }

    [TestMethod]
    public void ANewAdapterChangesNothing_AndOnlyIsTrained()
    {
        using var scope = NewDisposeScope();
        foreach (bool dora in new[] { false, true })
        {
            using var model = new CausalLM(Tiny.Config(), seed: 4);
            var ids = Tiny.Batch(Tiny.Ids(9, 1));
            Tensor plain;
            using (no_grad()) plain = model.Logits(model.Hidden(ids));
            var adapter = model.AddAdapter(new LoraOptions { UseDora = dora, Dropout = 0.5, ModulesToSave = ["lm_head"] }, seed: 1);
            using (no_grad()) Close.Assert(plain, model.Logits(model.Hidden(ids)), 1e-6, "new adapter");
            model.Logits(model.Hidden(ids)).sum().backward();
            Assert.IsTrue(model.NamedWeights.All(w => w.Weight.grad is null && !w.Weight.requires_grad));
            Assert.IsTrue(adapter.Weights.Where(w => !w.Name.Contains("lora_A")).All(w => w.Weight.grad is not null));
            CollectionAssert.AreEquivalent(adapter.Weights.Select(w => w.Name).ToList(), model.TrainableWeights.Select(w => w.Name).ToList());
            foreach (var (name, a) in adapter.Weights.Where(w => w.Name.Contains("lora_A")))
                Assert.IsTrue(a.abs().max().item<float>() <= 1 / Math.Sqrt(24) && a.abs().max().item<float>() > 0.9 / Math.Sqrt(24), name);
        }
    }

    [TestMethod]
    public void DropoutHangsOnTheSeedAlone_AndOnlyActsWhereAsked()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (bool dora in new[] { false, true })
        {
            using var model = new CausalLM(Tiny.Config(), seed: 4);
            var adapter = model.AddAdapter(new LoraOptions { Dropout = 0.5, Init = LoraInit.Random, UseDora = dora, TargetModules = ["all-linear"] }, seed: 1);
            var ids = Tiny.Batch(Tiny.Ids(9, 1), Tiny.Ids(9, 3));
            Tensor Logits(long? seed)
            {
                using var dropping = seed is { } s ? adapter.Dropping(s) : null;
                return model.Logits(model.Hidden(ids));
            }
            Close.Assert(Logits(null), Logits(null), 0);
            Close.Assert(Logits(3), Logits(3), 0);
            Assert.IsGreaterThan(1e-2, Close.Difference(Logits(3), Logits(4)));
            Assert.IsGreaterThan(1e-2, Close.Difference(Logits(null), Logits(4)));
        }
    }

    [TestMethod]
    public void GenerationKeepsDoraFactors_ButOnlyWhileItRuns()
    {
        using var scope = NewDisposeScope();
        using var model = new CausalLM(Tiny.Config(), seed: 4);
        var adapter = model.AddAdapter(new LoraOptions { Init = LoraInit.Random, UseDora = true, Rank = 4, Alpha = 32, TargetModules = ["q_proj", "down_proj", "embed_tokens"] }, seed: 1);
        int[] Greedy()
        {
            using var noGrad = no_grad();
            var ids = Tiny.Ids(6, 1).ToList();
            for (int i = 0; i < 8; i++) ids.Add((int)model.Logits(model.Hidden(Tiny.Batch([.. ids])).select(1, ids.Count - 1)).argmax().item<long>());
            return [.. ids.Skip(6)];
        }
        int[] Generated() => TextGenerator.Generate(model, [Tiny.Ids(6, 1)], [], new GenerationOptions { MaxNewTokens = 8 })[0].Ids;
        var first = Generated();
        CollectionAssert.AreEqual(Greedy(), first);
        using (no_grad())
            foreach (var (name, weight) in adapter.Weights) if (name.EndsWith("vector")) weight.mul_(-2);
        CollectionAssert.AreEqual(Greedy(), Generated(), "weights that were changed count");
        CollectionAssert.AreNotEqual(first, Generated());
    }

    [TestMethod]
    public void TrainedBiasesAreCopies_AndMayStayWhenTheAdapterIsOff()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (kind, biases) in new[] { (LoraBias.All, 4 * 2), (LoraBias.LoraOnly, 2) })
        {
            using var model = new CausalLM(Tiny.Config() with { AttentionBias = true, AttentionOutputBias = true }, seed: 4);
            foreach (var (name, weight) in model.NamedWeights) if (name.EndsWith(".bias")) weight.normal_(0, 0.1);
            var ids = Tiny.Batch(Tiny.Ids(9, 1));
            Tensor Logits() => model.Logits(model.Hidden(ids));
            var plain = Logits();
            var adapter = model.AddAdapter(new LoraOptions { Bias = kind, TargetModules = ["q_proj"] }, seed: 1);
            var trained = adapter.Weights.Where(w => w.Name.EndsWith(".bias")).ToList();
            Assert.HasCount(biases, trained);
            Assert.HasCount(2, trained.Where(w => w.Name.EndsWith("q_proj.base_layer.bias")));
            foreach (var (_, bias) in trained) bias.add_(0.3);
            Assert.IsGreaterThan(1e-3, Close.Difference(plain, Logits()));
            using (adapter.Off()) Close.Assert(plain, Logits(), 0);
            var on = Logits();
            using (adapter.Off(keepBiases: true)) Close.Assert(on, Logits(), 1e-6);
        }
    }

    [TestMethod]
    [DataRow("phi3", "qkv_proj")]
    [DataRow("gpt2", "c_attn")]
    [DataRow("gpt-neox", "query_key_value")]
    [DataRow("mistral", "q_proj,v_proj")]
    [DataRow("gemma3", "q_proj,v_proj")]
    public void UsualTargets(string fixture, string expected)
    {
        using var model = Fixture.Model(fixture).Network();
        var adapter = model.AddAdapter(new LoraOptions());
        Assert.AreEqual(expected, string.Join(",", adapter.Targets.Select(t => t[(t.LastIndexOf('.') + 1)..]).Distinct()));
        Assert.HasCount(model.Config.NumHiddenLayers * expected.Split(',').Length, adapter.Targets);
    }

    [TestMethod]
    [DataRow("gpt2")]
    [DataRow("gpt-neox")]
    [DataRow("phi3")]
    [DataRow("gemma2")]
    public void AllLinearOfEveryLayout_Merges(string fixture)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Fixture.Model(fixture).Network();
        foreach (bool dora in new[] { false, true })
        {
            var adapter = model.AddAdapter(new LoraOptions { TargetModules = ["all-linear"], Init = LoraInit.Random, UseDora = dora, ModulesToSave = fixture == "gpt2" ? ["ln_f", "wpe"] : null });
            Assert.HasCount(model.Config.NumHiddenLayers * (fixture == "gemma2" ? 7 : 4), adapter.Targets);
            Assert.IsFalse(adapter.Targets.Contains("lm_head"));
            var ids = tensor(Enumerable.Range(5, 12).Select(i => (long)i).ToArray(), [1, 12]);
            var before = model.Logits(model.Hidden(ids));
            adapter.Merge();
            Close.Assert(before, model.Logits(model.Hidden(ids)), 1e-4);
            model.RemoveAdapter();
        }
    }

    [TestMethod]
    public void TargetsByPeftsRules()
    {
        using var model = new CausalLM(Tiny.Config() with { NumHiddenLayers = 12, HiddenSize = 8, IntermediateSize = 8, HeadDim = 2 });
        string Of(LoraOptions options)
        {
            var adapter = model.AddAdapter(options);
            string targets = string.Join(" ", adapter.Targets.Select(t => t.Replace("model.layers.", "").Replace("self_attn.", "").Replace("mlp.", "")));
            model.RemoveAdapter();
            return targets;
        }
        Assert.AreEqual("1.q_proj 11.q_proj", Of(new() { TargetModules = ["q_proj"], LayersToTransform = [1, 11] }));
        Assert.AreEqual("1.q_proj", Of(new() { TargetModules = ["self_attn.q_proj"], LayersToTransform = [1], LayersPattern = ["layers"] }));
        Assert.AreEqual("3.q_proj", Of(new() { TargetModules = ["model.layers.3.self_attn.q_proj"], LayersToTransform = [1] }), "a whole name counts whatever the layers");
        Assert.AreEqual("1.q_proj 1.v_proj", Of(new() { TargetPattern = @".*\.1\.self_attn\.[qv]_proj" }));
        Assert.AreEqual("2.v_proj", Of(new() { TargetModules = ["q_proj", "v_proj"], LayersToTransform = [2], ExcludeModules = ["q_proj"] }));
        Assert.AreEqual("2.q_proj", Of(new() { TargetModules = ["q_proj", "v_proj"], LayersToTransform = [2], ExcludePattern = ".*v_proj" }));
        Assert.AreEqual("2.q_proj", Of(new() { TargetModules = ["q_proj", "v_proj"], LayersToTransform = [2], ModulesToSave = ["v_proj"] }));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Of(new() { TargetModules = ["query"] })).Message, "TargetModules (query) means no module");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Of(new() { TargetModules = ["input_layernorm"] })).Message, "model.layers.0.input_layernorm");
        Assert.IsNull(model.Adapter);
        Assert.IsTrue(model.NamedWeights.All(w => w.Weight.requires_grad));
    }

    [TestMethod]
    public void OptionsAreCheckedAllAtOnce()
    {
        var wrong = new LoraOptions { Rank = 0, Alpha = double.NaN, Dropout = 1, TargetModules = ["all-linear", "q_proj"], TargetPattern = "(", LayersPattern = ["h"], LowRankBias = true, UseDora = true, RankPattern = new Dictionary<string, int> { ["a"] = 0 } };
        var message = Assert.ThrowsExactly<ArgumentException>(wrong.Validate).Message;
        foreach (string name in new[] { "Rank ", "Alpha ", "Dropout", "TargetModules", "TargetPattern", "LayersPattern", "LowRankBias", "RankPattern" }) StringAssert.Contains(message, name);
    }

    [TestMethod]
    [DataRow("peft_type", "\"IA3\"")]
    [DataRow("task_type", "\"SEQ_CLS\"")]
    [DataRow("use_qalora", "true")]
    [DataRow("layer_replication", "[[0,2]]")]
    [DataRow("init_lora_weights", "\"pissa_niter_4\"")]
    [DataRow("init_lora_weights", "\"olora\"")]
    [DataRow("init_lora_weights", "\"loftq\"")]
    [DataRow("init_lora_weights", "\"eva\"")]
    [DataRow("init_lora_weights", "\"corda\"")]
    [DataRow("trainable_token_indices", "[1, 2]")]
    [DataRow("megatron_config", "{\"a\": 1}")]
    [DataRow("target_parameters", "[\"mlp.experts.gate_up_proj\"]")]
    [DataRow("alora_invocation_tokens", "[3]")]
    [DataRow("ensure_weight_tying", "true")]
    [DataRow("bias", "\"some\"")]
    [DataRow("a_key_of_tomorrow", "true")]
    [DataRow("r", "\"8\"")]
    [DataRow("rank_pattern", "{\"q_proj\": \"x\"}")]
    public void WhatIsNotSupportedIsRefusedByName(string key, string value)
    {
        var json = JsonNode.Parse(new LoraOptions { TargetModules = ["q_proj"] }.ToJson())!.AsObject();
        json[key] = JsonNode.Parse(value);
        var message = Assert.ThrowsExactly<InvalidDataException>(() => LoraOptions.FromJson(json.ToJsonString(), "some/adapter_config.json")).Message;
        StringAssert.Contains(message, key);
        StringAssert.Contains(message, "some/adapter_config.json");
    }

    [TestMethod]
    public void ConfigurationsReadBackEqual()
    {
        var options = new LoraOptions
        {
            Rank = 5, Alpha = 2.5, Dropout = 0.05, TargetModules = ["q_proj", "fc"], ExcludePattern = ".*1.*", RankPattern = new OrderedDictionary<string, int> { ["b"] = 2, ["a"] = 3 },
            AlphaPattern = new Dictionary<string, double> { ["v"] = 1 }, LayersToTransform = [1, 2], LayersPattern = ["h"], Bias = LoraBias.LoraOnly, LowRankBias = true, UseRslora = true, ModulesToSave = ["lm_head"], Init = LoraInit.Gaussian,
        };
        string json = options.ToJson("models/base");
        var read = LoraOptions.FromJson(json);
        Assert.AreEqual(json, read.ToJson("models/base"));
        Assert.AreEqual(JsonSerializer.Serialize(options), JsonSerializer.Serialize(read));
        CollectionAssert.AreEqual(new[] { "b", "a" }, read.RankPattern.Keys.ToList());
        StringAssert.Contains(json, "\"lora_dropout\": 0.05");
        StringAssert.Contains(new LoraOptions().ToJson(), "\"lora_dropout\": 0.0,");
        CollectionAssert.AreEqual(new[] { 3 }, LoraOptions.FromJson("""{"peft_type": "LORA", "layers_to_transform": 3, "target_modules": ["q_proj"]}""").LayersToTransform!.ToArray());
        CollectionAssert.AreEqual(new[] { "all-linear" }, LoraOptions.FromJson("""{"peft_type": "LORA", "target_modules": "all-linear"}""").TargetModules!.ToArray());
        StringAssert.Contains(LoraOptions.FromJson("""{"peft_type": "LORA", "layers_to_transform": 3, "layers_pattern": "layers", "target_modules": ["q_proj"]}""").ToJson(), "\"layers_pattern\": \"layers\",\n  \"layers_to_transform\": 3,");
        Assert.AreEqual("a.*", LoraOptions.FromJson("""{"peft_type": "LORA", "target_modules": "a.*"}""").TargetPattern);
    }

    [TestMethod]
    public void FilesThatDoNotFitAreToldAtOnce()
    {
        using var scope = NewDisposeScope();
        using var model = new CausalLM(Tiny.Config());
        byte[] weights, config = System.Text.Encoding.UTF8.GetBytes(new LoraOptions { TargetModules = ["q_proj"], LayersToTransform = [0] }.ToJson());
        using (var stream = new MemoryStream())
        {
            SafeTensorsWriter.Write(stream, [("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", zeros(8, 23)), ("base_model.model.model.layers.0.self_attn.k_proj.lora_B.weight", zeros(8, 8))]);
            weights = stream.ToArray();
        }
        Stream? Open(string name) => name switch { "adapter_config.json" => new MemoryStream(config), "adapter_model.safetensors" => new MemoryStream(weights), _ => null };
        var message = Assert.ThrowsExactly<InvalidDataException>(() => model.ReadAdapter(Open, "out")).Message;
        StringAssert.Contains(message, "q_proj.lora_A.weight is (8, 23), expected (8, 24)");
        StringAssert.Contains(message, "k_proj.lora_B.weight is surplus");
        StringAssert.Contains(message, "q_proj.lora_B.weight (32, 8) is missing");
        Assert.IsNull(model.Adapter);
        Assert.IsTrue(model.TrainableWeights.Count == model.NamedWeights.Count);
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => model.ReadAdapter(n => n == "adapter_config.json" ? new MemoryStream(config) : n == "adapter_model.bin" ? new MemoryStream() : null)).Message, "pickle");
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => model.ReadAdapter(_ => null, "out")).Message, "adapter_config.json");
    }
}
