using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.LanguageModels;
using ZephyrML.Training;

namespace ZephyrML.Estimators.Tests;

/// <summary>Students with adapters, on whole and on quantised bases: trained, saved, loaded, merged, trained further.</summary>
[TestClass]
public sealed class AdapterStudentTests
{
    private static LoraOptions Lora => new() { Rank = 4, Alpha = 16, TargetModules = [LoraOptions.AllLinear] };

    private static Nf4Options Nf4 => new() { BlockSize = 32 };

    private static int Count(string zip, string name)
    {
        using var archive = ZipFile.OpenRead(zip);
        return archive.Entries.Count(entry => entry.Name == name);
    }

    [TestMethod]
    public void AnAdapterIsTrainedOnAFittedStudent_WhoseWeightsAreStoredOnce()
    {
        using var lab = new Lab();
        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var options = lab.Dpo;
        (options.Adapter, options.MaxSteps) = (Lora, 6);
        var estimator = lab.Z.DistilledDpo(sft, options);
        using var dpo = estimator.Fit(lab.Pairs);
        Assert.AreEqual(Math.Log(2), estimator.LastResult!.Steps[0]["loss"], 1e-6);
        Assert.IsLessThan(0.6, estimator.LastResult.Steps[^1]["loss"]);
        Assert.AreEqual(sft.Info.Last.Weights, dpo.Info.Last.StartWeights);
        Assert.AreNotEqual(dpo.Info.Last.StartWeights, dpo.Info.Last.Weights);
        Assert.AreEqual(sft.Info.Last.Weights, dpo.Student.Weights.Model.BaseHash, "the base stays as it is");
        StringAssert.Contains(dpo.Info.Last.Options, "\"Rank\":4");

        var replies = lab.Ask(dpo, Lab.Questions);
        var zip = lab.PathOf("adapter.zip");
        lab.Ml.Model.Save(new TransformerChain<ITransformer>(sft, dpo), lab.Prompts.Schema, zip);
        Assert.AreEqual(1, Count(zip, "model.safetensors"));
        Assert.AreEqual(1, Count(zip, "adapter_model.safetensors"));
        using var loaded = (TransformerChain<ITransformer>)lab.Ml.Model.Load(zip, out _);
        var students = loaded.OfType<StudentTransformer>().ToList();
        CollectionAssert.AreEqual(replies, lab.Ask(students[1].Share(), Lab.Questions));
        CollectionAssert.AreEqual(lab.Ask(sft.Share(), Lab.Questions), lab.Ask(students[0].Share(), Lab.Questions));
        Assert.AreEqual(dpo.Info.Last.Weights, students[1].Student.Weights.Model.WeightsHash);
        lab.Ml.Model.Save(loaded, lab.Prompts.Schema, lab.PathOf("again.zip"));
        using var again = (TransformerChain<ITransformer>)lab.Ml.Model.Load(lab.PathOf("again.zip"), out _);
        CollectionAssert.AreEqual(replies, lab.Ask(again, Lab.Questions));

        // Alone the adapter brings its base along.
        lab.Ml.Model.Save(dpo, lab.Prompts.Schema, lab.PathOf("alone.zip"));
        using var alone = (StudentTransformer)lab.Ml.Model.Load(lab.PathOf("alone.zip"), out _);
        CollectionAssert.AreEqual(replies, lab.Ask(alone.Share(), Lab.Questions));
    }

    [TestMethod]
    public void OutIntoTheWorld_MergedApartAndAsAnAdapter()
    {
        using var lab = new Lab();
        var options = lab.Sft;
        (options.Adapter, options.MaxSteps) = (new LoraOptions { Rank = 16, Alpha = 32 }, 4);
        using var model = lab.Z.DistilledSft(options).Fit(lab.Chats);
        var replies = lab.Ask(model.Share(), Lab.Questions);

        model.SaveHuggingFace(lab.PathOf("merged"), merged: true);
        using (var merged = lab.Z.LoadStudent(lab.PathOf("merged"), new() { MaxNewTokens = 8 }))
        {
            Assert.IsNull(merged.Student.Weights.Model.Network.Adapter);
            CollectionAssert.AreEqual(replies, lab.Ask(merged.Share(), Lab.Questions));
        }
        model.SaveHuggingFace(lab.PathOf("apart"), merged: false);
        using (var apart = lab.Z.LoadStudent(lab.PathOf("apart/adapter"), new() { MaxNewTokens = 8 })) CollectionAssert.AreEqual(replies, lab.Ask(apart.Share(), Lab.Questions));
        using (var whole = LanguageModel.Load(lab.PathOf("apart"))) Assert.AreEqual(model.Info.Last.StartWeights, whole.WeightsHash);

        model.SaveAdapter(lab.PathOf("out/adapter"));
        CollectionAssert.AreEquivalent(new[] { "adapter_config.json", "adapter_model.safetensors", "zephyr.json" }, Directory.GetFiles(lab.PathOf("out/adapter")).Select(Path.GetFileName).ToArray());
        Assert.AreEqual(lab.BaseModel, JsonNode.Parse(File.ReadAllText(lab.PathOf("out/adapter/adapter_config.json")))!["base_model_name_or_path"]!.GetValue<string>());
        using (var loaded = lab.Z.LoadStudent(lab.PathOf("out/adapter"), new() { MaxNewTokens = 8 })) CollectionAssert.AreEqual(replies, lab.Ask(loaded.Share(), Lab.Questions));

        // Trained further: the adapter of a folder, against a frozen copy of itself.
        var further = lab.Dpo;
        further.BaseModel = lab.PathOf("out/adapter");
        var estimator = lab.Z.DistilledDpo(further);
        using var dpo = estimator.Fit(lab.Pairs);
        Assert.AreEqual(Math.Log(2), estimator.LastResult!.Steps[0]["loss"], 1e-6);
        Assert.AreEqual(16, dpo.Student.Weights.Model.Network.Adapter!.Options.Rank);
        Assert.AreEqual(model.Info.Last.Weights, dpo.Info.Last.StartWeights);
        Assert.AreEqual(model.Info.Last.StartWeights, dpo.Student.Weights.Model.BaseHash);

        using var plain = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => plain.SaveAdapter(lab.PathOf("none"))).Message, "no adapter");
    }

    [TestMethod]
    public void AStudentOnFourBits_LearnsAndIsMergedIntoTheWholeBase()
    {
        using var lab = new Lab();
        var options = lab.Sft;
        (options.Adapter, options.Quantization, options.MaxSteps, options.LearningRate) = (Lora, Nf4, 12, 2e-2);
        var estimator = lab.Z.DistilledSft(options);
        using var sft = estimator.Fit(lab.Chats);
        Assert.IsLessThan(estimator.LastResult!.Steps[0]["loss"] - 0.5, estimator.LastResult.Steps[^1]["loss"]);
        var model = sft.Student.Weights.Model;
        Assert.IsNotNull(model.Network.Quantization);
        using (var start = LanguageModel.Load(lab.BaseModel)) Assert.AreEqual(start.WeightsHash, sft.Info.Last.StartWeights);
        Assert.AreEqual(sft.Info.Last.StartWeights, model.BaseHash);
        var replies = lab.Ask(sft.Share(), Lab.Questions);

        var zip = lab.PathOf("qlora.zip");
        lab.Ml.Model.Save(sft, lab.Prompts.Schema, zip);
        Assert.AreEqual(1, Count(zip, "model.safetensors"));
        using var loaded = (StudentTransformer)lab.Ml.Model.Load(zip, out _);
        Assert.IsNotNull(loaded.Student.Weights.Model.Network.Quantization);
        CollectionAssert.AreEqual(replies, lab.Ask(loaded.Share(), Lab.Questions), "the same four bits");
        sft.SaveHuggingFace(lab.PathOf("merged"));
        loaded.SaveHuggingFace(lab.PathOf("merged2"));
        using var merged = LanguageModel.Load(lab.PathOf("merged"));
        using var merged2 = LanguageModel.Load(lab.PathOf("merged2"));
        Assert.AreEqual(merged.WeightsHash, merged2.WeightsHash, "merged into the weights that the zip holds whole");
        lab.Ml.Model.Save(loaded, lab.Prompts.Schema, lab.PathOf("again.zip"));
        using (var again = (StudentTransformer)lab.Ml.Model.Load(lab.PathOf("again.zip"), out _)) CollectionAssert.AreEqual(replies, lab.Ask(again.Share(), Lab.Questions));

        // The adapter that is there is trained further; or it is merged, and another one laid on what comes of it.
        using var onward = lab.Z.DistilledDpo(sft, lab.Dpo).Fit(lab.Pairs);
        Assert.AreEqual(model.BaseHash, onward.Student.Weights.Model.BaseHash);
        Assert.IsNotNull(onward.Student.Weights.Model.Network.Quantization);
        var another = lab.Dpo;
        (another.Adapter, another.Quantization) = (new LoraOptions { Rank = 2 }, Nf4);
        using var over = lab.Z.DistilledDpo(sft, another).Fit(lab.Pairs);
        Assert.AreEqual(merged.WeightsHash, over.Student.Weights.Model.BaseHash, "the base is now what merging gave");
        Assert.AreEqual(2, over.Student.Weights.Model.Network.Adapter!.Options.Rank);
        over.SaveHuggingFace(lab.PathOf("over"));
        lab.Ml.Model.Save(new TransformerChain<ITransformer>(sft, onward, over), lab.Prompts.Schema, lab.PathOf("three.zip"));
        Assert.AreEqual(2, Count(lab.PathOf("three.zip"), "model.safetensors"));
        using var three = (TransformerChain<ITransformer>)lab.Ml.Model.Load(lab.PathOf("three.zip"), out _);
        var students = three.OfType<StudentTransformer>().ToList();
        foreach (var (before, after) in new[] { sft, onward, over }.Zip(students)) CollectionAssert.AreEqual(lab.Ask(before.Share(), Lab.Questions), lab.Ask(after.Share(), Lab.Questions));
    }

    [TestMethod]
    public void AFittedStudentInFourBits_KeepsWhatItWasMadeOf()
    {
        using var lab = new Lab();
        StudentTransformer dpo;
        string whole;
        using (var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats))
        {
            var options = lab.Dpo;
            (options.Adapter, options.Quantization) = (Lora, Nf4);
            dpo = lab.Z.DistilledDpo(sft, options).Fit(lab.Pairs);
            whole = sft.Info.Last.Weights;
        }
        using (dpo)
        {
            Assert.AreEqual(whole, dpo.Student.Weights.Model.BaseHash);
            dpo.SaveHuggingFace(lab.PathOf("merged"));
            using var unmerged = dpo.Student.Weights.Model.Base();
            Assert.AreEqual(whole, unmerged.WeightsHash);
        }
    }

    [TestMethod]
    public void WhatDoesNotGoTogetherIsSaid()
    {
        using var lab = new Lab();
        var options = lab.Sft;
        options.Quantization = Nf4;
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => lab.Z.DistilledSft(options).Fit(lab.Chats)).Message, "Adapter");
        options.Adapter = new LoraOptions { Rank = 0, TargetModules = ["nothing"] };
        options.Quantization.BlockSize = 48;
        var message = Assert.ThrowsExactly<ArgumentException>(() => lab.Z.DistilledSft(options)).Message;
        StringAssert.Contains(message, "Rank");
        StringAssert.Contains(message, "BlockSize");
        options = lab.Sft;
        options.Adapter = new LoraOptions { TargetModules = ["nothing"] };
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => lab.Z.DistilledSft(options).Fit(lab.Chats)).Message, "nothing");
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => lab.Z.LoadStudent(lab.PathOf("nowhere")));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => lab.Z.LoadStudent(lab.BaseModel, new() { MaxNewTokens = 0 })).Message, "MaxNewTokens");
    }

    [TestMethod]
    public void ThePrecisionIsThatOfTheWeights_AndAnAdapterTellsItsBaseInAny()
    {
        using var lab = new Lab();
        var options = lab.Sft;
        options.Precision = Precision.BFloat16;
        using var whole = lab.Z.DistilledSft(options).Fit(lab.Chats);
        Assert.AreEqual("BFloat16", whole.Student.Weights.Model.Network.DataType.ToString());
        var narrow = lab.Dpo;
        (narrow.Precision, narrow.BaseModel) = (Precision.BFloat16, lab.BaseModel);
        using (lab.Z.DistilledDpo(narrow).Fit(lab.Pairs)) { }
        using (var wide = lab.Z.DistilledDpo(whole, lab.Dpo).Fit(lab.Pairs)) Assert.AreEqual("Float32", wide.Student.Weights.Model.Network.DataType.ToString());
        (options.Adapter, options.Quantization) = (Lora, Nf4);
        using var adapted = lab.Z.DistilledSft(options).Fit(lab.Chats);
        adapted.SaveAdapter(lab.PathOf("adapter"));
        using (var loaded = lab.Z.LoadStudent(lab.PathOf("adapter"))) Assert.AreEqual("Float32", loaded.Student.Weights.Model.Network.DataType.ToString());
        adapted.SaveHuggingFace(lab.PathOf("merged"));
        using var merged = LanguageModel.Load(lab.PathOf("merged"));
        Assert.IsNull(merged.Network.Quantization);
    }

    [TestMethod]
    public void OptionsAreCopiedWithTheirAdapter()
    {
        using var lab = new Lab();
        var options = lab.Sft;
        options.Adapter = Lora;
        var estimator = lab.Z.DistilledSft(options);
        options.Adapter.Rank = 0;
        using var student = estimator.Fit(lab.Chats);
        Assert.AreEqual(4, student.Student.Weights.Model.Network.Adapter!.Options.Rank);
    }
}
