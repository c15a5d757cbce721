using System.Text.Json;
using TorchSharp;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Parity;

/// <summary>A real model: prompts, greedy replies up to the first step that rounding may decide, loss on real text.</summary>
internal static class PretrainedKind
{
    private const double SureMargin = 0.01;

    public static void Run(string folder, JsonElement fixture, Outcome outcome)
    {
        string name = fixture.GetProperty("name").GetString()!;
        if (ModelFolder(folder, name) is not { } where)
        {
            outcome.Skip($"the model folder models/{name} is not there");
            return;
        }
        using var model = LanguageModel.Load(where);
        Chats(model, [.. fixture.GetProperty("chats").EnumerateArray()], outcome);
        Losses(model, fixture.GetProperty("wikitext2"), outcome);
    }

    private static void Chats(LanguageModel model, List<JsonElement> chats, Outcome outcome)
    {
        int[][] Ids(string key) => [.. chats.Select(c => c.GetProperty(key).EnumerateArray().Select(x => x.GetInt32()).ToArray())];
        int[][] prompts = Ids("prompt_ids"), expected = Ids("tokens");
        var replies = TextGenerator.Generate(model, prompts, new GenerationOptions { MaxNewTokens = expected.Max(e => e.Length) });
        for (int i = 0; i < chats.Count; i++)
        {
            var turns = chats[i].GetProperty("messages").EnumerateArray().Select(m => new ChatTurn(m.GetProperty("role").GetString()!, m.GetProperty("content").GetString()!)).ToList();
            string prompt = model.Template.Render(turns, addGenerationPrompt: true).Text;
            outcome.Case(prompt == chats[i].GetProperty("prompt").GetString() ? null : $"the prompt of chat {i} differs");
            outcome.Case(ChatTokenizer.EncodePrompt(model.Tokenizer, model.Template, turns).SequenceEqual(prompts[i]) ? null : $"the prompt's ids of chat {i} differ");
            double[] margins = [.. chats[i].GetProperty("margins").EnumerateArray().Select(x => x.GetDouble())];
            int sure = Array.FindIndex(margins, m => m < SureMargin) is var at and >= 0 ? at : expected[i].Length;
            var ids = replies[i].StoppedByToken ? replies[i].Ids.Append(expected[i][^1]) : replies[i].Ids;
            bool equal = ids.Take(sure).SequenceEqual(expected[i].Take(sure)) && (sure < expected[i].Length || replies[i].Text == chats[i].GetProperty("text").GetString());
            outcome.Case(equal ? null : $"the reply to chat {i} differs: {replies[i].Text}");
        }
    }

    private static void Losses(LanguageModel model, JsonElement text, Outcome outcome)
    {
        using var noGrad = no_grad();
        int window = text.GetProperty("window").GetInt32();
        long[][] windows = [.. text.GetProperty("ids").EnumerateArray().Select(x => x.GetInt64()).Chunk(window)];
        double[] expected = [.. text.GetProperty("loss_by_window").EnumerateArray().Select(x => x.GetDouble())];
        for (int i = 0; i < expected.Length; i++)
        {
            using var scope = NewDisposeScope();
            var ids = tensor(windows[i], [1, window]);
            var hidden = model.Network.Hidden(ids).select(0, 0).narrow(0, 0, window - 1);
            var loss = nn.functional.cross_entropy(model.Network.Logits(hidden), ids.select(0, 0).narrow(0, 1, window - 1));
            outcome.Compare("loss", Math.Abs(loss.item<float>() - expected[i]), 1e-4, $"window {i}");
        }
    }

    private static string? ModelFolder(string folder, string name)
    {
        for (var at = new DirectoryInfo(folder).Parent; at is not null; at = at.Parent)
            if (Path.Combine(at.FullName, "models", name) is var found && File.Exists(Path.Combine(found, "config.json"))) return found;
        return null;
    }
}
