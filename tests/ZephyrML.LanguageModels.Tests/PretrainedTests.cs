using System.Text.Json;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>A real model of 135M parameters from a GGUF file, where it stands beside the repository.</summary>
[TestClass]
public sealed class PretrainedTests
{
    [TestMethod]
    [Timeout(120_000, CooperativeCancellation = true)]
    public void GreedyRepliesAreThoseOfTransformers()
    {
        string fixture = Path.Combine(Fixture.Shared("fixtures", "pretrained", "smollm2-135m-instruct"), "fixture.json");
        using var model = LanguageModel.Load(Fixture.Shared("models", "smollm2-135m-instruct"));
        using var json = JsonDocument.Parse(File.ReadAllText(fixture));
        var chats = json.RootElement.GetProperty("chats").EnumerateArray().ToList();
        int[][] Ids(string key) => [.. chats.Select(c => c.GetProperty(key).EnumerateArray().Select(x => x.GetInt32()).ToArray())];
        int[][] expected = Ids("tokens");
        var replies = TextGenerator.Generate(model.Network, Ids("prompt_ids"), model.StopTokenIds, new GenerationOptions { MaxNewTokens = expected.Max(e => e.Length) });
        for (int i = 0; i < chats.Count; i++)
        {
            // Where the two best logits are closer than this, rounding may decide.
            double[] margins = [.. chats[i].GetProperty("margins").EnumerateArray().Select(x => x.GetDouble())];
            int sure = Array.FindIndex(margins, m => m < 0.01) is var at and >= 0 ? at : expected[i].Length;
            var ids = replies[i].Stopped ? replies[i].Ids.Append(model.StopTokenIds[0]) : replies[i].Ids;
            CollectionAssert.AreEqual(expected[i].Take(sure).ToArray(), ids.Take(sure).ToArray(), $"chat {i}");
        }
    }
}
