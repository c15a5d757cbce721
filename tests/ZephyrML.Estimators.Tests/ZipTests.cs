using System.IO.Compression;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.LanguageModels;

namespace ZephyrML.Estimators.Tests;

/// <summary>What is in the zip, and what is refused.</summary>
[TestClass]
public sealed class ZipTests
{
    [TestMethod]
    public void EqualWeightsAreStoredOnceAndHeldOnce()
    {
        using var lab = new Lab();
        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var options = lab.Dpo;
        options.LearningRate = 0;
        using var dpo = lab.Z.DistilledDpo(sft, options).Fit(lab.Pairs);
        Assert.AreEqual(sft.Info.Last.Weights, dpo.Info.Last.Weights);
        Assert.AreNotSame(sft.Student.Weights, dpo.Student.Weights);
        var zip = lab.PathOf("twice.zip");
        lab.Ml.Model.Save(new TransformerChain<ITransformer>(sft, dpo), lab.Prompts.Schema, zip);
        using (var archive = ZipFile.OpenRead(zip))
            Assert.AreEqual(1, archive.Entries.Count(entry => entry.Name == "model.safetensors"));
        using var loaded = (TransformerChain<ITransformer>)lab.Ml.Model.Load(zip, out _);
        var students = loaded.OfType<StudentTransformer>().ToList();
        Assert.HasCount(2, students);
        Assert.AreSame(students[0].Student.Weights, students[1].Student.Weights);
        CollectionAssert.AreEqual(lab.Ask(dpo, Lab.Questions), lab.Ask(loaded, Lab.Questions));
    }

    [TestMethod]
    public void DifferentWeightsAreStoredEach()
    {
        using var lab = new Lab();
        using var model = lab.Recipe();
        var zip = lab.PathOf("both.zip");
        lab.Ml.Model.Save(model, lab.Prompts.Schema, zip);
        using var archive = ZipFile.OpenRead(zip);
        Assert.AreEqual(2, archive.Entries.Count(entry => entry.Name == "model.safetensors"));
    }

    [TestMethod]
    public void SavingTwiceGivesEqualEntriesAndChangesNothing()
    {
        using var lab = new Lab();
        using var model = lab.Recipe();
        var before = lab.Ask(model, Lab.Questions);
        lab.Ml.Model.Save(model, lab.Prompts.Schema, lab.PathOf("1.zip"));
        lab.Ml.Model.Save(model, lab.Prompts.Schema, lab.PathOf("2.zip"));
        CollectionAssert.AreEqual(Entries(lab.PathOf("1.zip")), Entries(lab.PathOf("2.zip")));
        CollectionAssert.AreEqual(before, lab.Ask(model, Lab.Questions));
        using var loaded = (TransformerChain<ITransformer>)lab.Ml.Model.Load(lab.PathOf("1.zip"), out var schema);
        lab.Ml.Model.Save(loaded, schema, lab.PathOf("3.zip"));
        CollectionAssert.AreEqual(Entries(lab.PathOf("1.zip")), Entries(lab.PathOf("3.zip")));
    }

    [TestMethod]
    public void TheCatalogSavesWeightsStoredAndReplacesTheFileWhole()
    {
        using var lab = new Lab();
        using var model = lab.Recipe();
        var zip = lab.PathOf("out/zephyr.zip");
        Directory.CreateDirectory(Path.GetDirectoryName(zip)!);
        File.WriteAllText(zip, "something else");
        lab.Z.Save(model, lab.Prompts.Schema, zip);
        Assert.HasCount(1, Directory.GetFiles(Path.GetDirectoryName(zip)!));
        using (var archive = ZipFile.OpenRead(zip))
        {
            foreach (var entry in archive.Entries.Where(entry => entry.Name == "model.safetensors"))
                Assert.AreEqual(entry.Length, entry.CompressedLength);
        }
        lab.Ml.Model.Save(model, lab.Prompts.Schema, lab.PathOf("deflated.zip"));
        CollectionAssert.AreEqual(Entries(lab.PathOf("deflated.zip")), Entries(zip));
        CollectionAssert.AreEqual(lab.Ask(model, Lab.Questions), lab.Ask(new MLContext().Model.Load(zip, out _), Lab.Questions));
    }

    [TestMethod]
    public void NeitherClientNorPathReachesTheZip()
    {
        using var lab = new Lab();
        using var model = lab.Recipe();
        lab.Ml.Model.Save(model, lab.Prompts.Schema, lab.PathOf("z.zip"));
        using var archive = ZipFile.OpenRead(lab.PathOf("z.zip"));
        foreach (var entry in archive.Entries)
        {
            using var reader = new StreamReader(entry.Open(), Encoding.Latin1);
            Assert.IsFalse(reader.ReadToEnd().Contains(lab.Folder, StringComparison.Ordinal), entry.FullName);
        }
    }

    [TestMethod]
    public void ANewerFormatAndAnUnknownPartAreRefused()
    {
        using var lab = new Lab();
        using var student = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var zip = lab.PathOf("z.zip");
        byte[] mark = [1, 0, 0, 0, 7, .. "student"u8];
        lab.Ml.Model.Save(student, lab.Prompts.Schema, zip);
        Patch(zip, mark, [99, 0, 0, 0, 7, .. "student"u8]);
        StringAssert.Contains(Assert.Throws<Exception>(() => lab.Ml.Model.Load(zip, out _)).GetBaseException().Message, "format 99");
        lab.Ml.Model.Save(student, lab.Prompts.Schema, zip);
        Patch(zip, mark, [1, 0, 0, 0, 7, .. "teapots"u8]);
        StringAssert.Contains(Assert.Throws<Exception>(() => lab.Ml.Model.Load(zip, out _)).GetBaseException().Message, "teapots");
    }

    [TestMethod]
    public void AZipWithoutItsWeightsIsRefused()
    {
        using var lab = new Lab();
        using var student = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var zip = lab.PathOf("z.zip");
        lab.Ml.Model.Save(student, lab.Prompts.Schema, zip);
        using (var archive = ZipFile.Open(zip, ZipArchiveMode.Update))
        {
            foreach (var entry in archive.Entries.Where(entry => entry.Name is "config.json" or "model.safetensors").ToList())
                entry.Delete();
        }
        StringAssert.Contains(Assert.Throws<Exception>(() => lab.Ml.Model.Load(zip, out _)).GetBaseException().Message, "taken apart");
    }

    [TestMethod]
    public void AStudentGoesOutAsAFolderAndComesBackAsABase()
    {
        using var lab = new Lab();
        using var student = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        student.SaveHuggingFace(lab.PathOf("hf"), merged: true);
        using (var model = LanguageModel.Load(lab.PathOf("hf")))
            Assert.AreEqual(student.Info.Last.Weights, model.WeightsHash);
        var options = lab.Sft;
        options.BaseModel = lab.PathOf("hf");
        using var next = lab.Z.DistilledSft(options).Fit(lab.Chats);
        Assert.AreEqual(student.Info.Last.Weights, next.Info.Last.StartWeights);
    }

    [TestMethod]
    public void AStudentGoesOutAsAGgufFileAndComesBackAsABase()
    {
        using var lab = new Lab();
        using var student = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        student.SaveGguf(lab.PathOf("out/zephyr.gguf"), GgufType.BF16);
        var options = lab.Sft;
        options.BaseModel = lab.PathOf("out/zephyr.gguf");
        options.ChatTemplate = null;
        using var next = lab.Z.DistilledSft(options).Fit(lab.Chats);
        using var model = LanguageModel.Load(lab.PathOf("out/zephyr.gguf"));
        Assert.AreEqual(model.WeightsHash, next.Info.Last.StartWeights);
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => lab.Ml.Transforms.CopyColumns("A", "Prompt").Fit(lab.Prompts).SaveGguf("x.gguf", GgufType.F16)).Message, "no student");
    }

    private static List<string> Entries(string zip)
    {
        using var archive = ZipFile.OpenRead(zip);
        return [.. archive.Entries.Select(entry => $"{entry.FullName} {entry.Length} {entry.Crc32:x8}").Order(StringComparer.Ordinal)];
    }

    private static void Patch(string zip, byte[] from, byte[] to)
    {
        using var archive = ZipFile.Open(zip, ZipArchiveMode.Update);
        var patched = 0;
        foreach (var entry in archive.Entries.Where(entry => entry.Name == "Model.key").ToList())
        {
            using var stream = entry.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            var content = copy.ToArray();
            if (content.AsSpan().IndexOf(from) is var at && at < 0)
                continue;
            to.CopyTo(content, at);
            stream.Position = 0;
            stream.Write(content);
            patched++;
        }
        Assert.AreEqual(1, patched);
    }
}
