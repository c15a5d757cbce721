using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>A real model of 135M parameters from a GGUF file, where it stands beside the repository; else inconclusive.</summary>
[TestClass]
public sealed class PretrainedTests
{
    private static LanguageModel? s_model;

    private static LanguageModel Model => s_model ??= LanguageModel.Load(Fixture.Shared("models", "smollm2-135m-instruct"));

    private static JsonElement Golden => JsonDocument.Parse(File.ReadAllText(Path.Combine(Fixture.Shared("fixtures", "pretrained", "smollm2-135m-instruct"), "fixture.json"))).RootElement;

    [ClassCleanup]
    public static void FreeTheModel() => s_model?.Dispose();

    [TestMethod]
    public void GreedyRepliesAreThoseOfTransformers()
    {
        var chats = Golden.GetProperty("chats").EnumerateArray().ToList();
        int[][] Ids(string key) => [.. chats.Select(c => c.GetProperty(key).EnumerateArray().Select(x => x.GetInt32()).ToArray())];
        int[][] prompts = Ids("prompt_ids"), expected = Ids("tokens");
        var replies = TextGenerator.Generate(Model, prompts, new GenerationOptions { MaxNewTokens = expected.Max(e => e.Length) });
        for (int i = 0; i < chats.Count; i++)
        {
            // Where the two best logits are closer than this, rounding may decide.
            double[] margins = [.. chats[i].GetProperty("margins").EnumerateArray().Select(x => x.GetDouble())];
            int sure = Array.FindIndex(margins, m => m < 0.01) is var at and >= 0 ? at : expected[i].Length;
            var ids = replies[i].StoppedByToken ? replies[i].Ids.Append(Model.StopTokenIds[0]) : replies[i].Ids;
            CollectionAssert.AreEqual(expected[i].Take(sure).ToArray(), ids.Take(sure).ToArray(), $"chat {i}");
            if (sure == expected[i].Length) Assert.AreEqual(chats[i].GetProperty("text").GetString(), replies[i].Text);
            var turns = chats[i].GetProperty("messages").EnumerateArray().Select(m => new ChatTurn(m.GetProperty("role").GetString()!, m.GetProperty("content").GetString()!)).ToList();
            CollectionAssert.AreEqual(prompts[i], ChatTokenizer.EncodePrompt(Model.Tokenizer, Model.Template, turns), $"prompt of chat {i}");
        }
    }

    [TestMethod]
    public void TheLossOnRealTextIsThatOfTransformers()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var text = Golden.GetProperty("wikitext2");
        int window = text.GetProperty("window").GetInt32();
        long[] ids = [.. text.GetProperty("ids").EnumerateArray().Take(window).Select(x => x.GetInt64())];
        var batch = tensor(ids, [1, window]);
        var hidden = Model.Network.Hidden(batch).select(0, 0).narrow(0, 0, window - 1);
        var loss = nn.functional.cross_entropy(Model.Network.Logits(hidden), batch.select(0, 0).narrow(0, 1, window - 1));
        Assert.AreEqual(text.GetProperty("loss_by_window")[0].GetDouble(), loss.item<float>(), 1e-4);
    }

    [TestMethod]
    public void TheGgufFileAloneSaysWhatTheFolderSays()
    {
        string folder = Fixture.Shared("models", "smollm2-135m-instruct");
        using var reader = new LanguageModelReader(name => name == "model.gguf" ? File.OpenRead(Path.Combine(folder, name)) : null, new LanguageModelOptions(), folder);
        var config = reader.ReadConfig();
        var said = ModelConfig.FromJson(File.ReadAllText(Path.Combine(folder, "config.json")));
        Assert.AreEqual((said.NumHiddenLayers, said.HiddenSize, said.NumKeyValueHeads, said.RopeTheta, said.RmsNormEps, said.MaxPositionEmbeddings, said.TieWordEmbeddings, said.BosTokenId),
            (config.NumHiddenLayers, config.HiddenSize, config.NumKeyValueHeads, config.RopeTheta, config.RmsNormEps, config.MaxPositionEmbeddings, config.TieWordEmbeddings, config.BosTokenId));
        CollectionAssert.AreEqual(said.EosTokenIds.ToArray(), config.EosTokenIds.ToArray());
        var (tokenizer, template) = reader.ReadTokenizer(config);
        Assert.AreEqual("smollm2", template.Name);
        foreach (var chat in Golden.GetProperty("chats").EnumerateArray())
        {
            var turns = chat.GetProperty("messages").EnumerateArray().Select(m => new ChatTurn(m.GetProperty("role").GetString()!, m.GetProperty("content").GetString()!)).ToList();
            CollectionAssert.AreEqual(chat.GetProperty("prompt_ids").EnumerateArray().Select(x => x.GetInt32()).ToArray(), ChatTokenizer.EncodePrompt(tokenizer, template, turns));
        }
    }
}
