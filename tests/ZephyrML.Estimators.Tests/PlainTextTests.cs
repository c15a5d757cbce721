using Microsoft.ML;
using ZephyrML.LanguageModels;

namespace ZephyrML.Estimators.Tests;

[TestClass]
public sealed class PlainTextTests
{
    [TestMethod]
    public void Plain_text_is_learned_whole_and_dialogues_beside_it_by_their_answers()
    {
        using var lab = new Lab();
        const string text = "It is fine: Will it rain tomorrow?";
        var options = lab.Sft;
        (options.TextColumn, options.MaxSteps, options.BatchSize, options.Packing) = ("Text", 1, 2, Training.Packing.None);
        var data = lab.Ml.Data.LoadFromEnumerable(new List<Line> { new() { Text = text }, new() { Text = "ignored", Prompt = "Is it windy?", Response = "No." }, new() });
        var estimator = lab.Z.DistilledSft(options);
        using var student = estimator.Fit(data);
        using var model = LanguageModel.Load(lab.BaseModel);
        var plain = model.Tokenizer.Encode(text, addSpecialTokens: true);
        var chat = ChatTokenizer.Encode(model.Tokenizer, model.Template, [new("user", "Is it windy?"), new("assistant", "No.")]);
        Assert.AreEqual(2, student.Info.Last.RowsUsed);
        Assert.AreEqual(1, student.Info.Last.RowsSkipped);
        Assert.AreEqual(plain.Length + 1 + chat.Ids.Length, estimator.LastResult!.Tokens, "the text's tokens and the end of text, and the dialogue");
        // One step's loss by hand: over all but the first token of the text and the supervised ones of the dialogue.
        double sum = 0;
        var targets = 0;
        foreach (var (ids, supervised) in new[] { ([.. plain, model.Tokenizer.EosTokenId!.Value], [.. Enumerable.Repeat(true, plain.Length + 1)]), (chat.Ids, chat.Supervised) })
        {
            using var logits = model.Network.Logits(model.Network.Hidden(TorchSharp.torch.tensor(ids.Select(i => (long)i).ToArray()).unsqueeze(0))).log_softmax(-1);
            for (var i = 1; i < ids.Length; i++)
            {
                if (!supervised[i])
                    continue;
                sum -= logits[0, i - 1, ids[i]].item<float>();
                targets++;
            }
        }
        Assert.AreEqual(sum / targets, estimator.LastResult.Steps[0]["loss"], 1e-5);
    }

    [TestMethod]
    public void A_missing_text_column_is_named()
    {
        using var lab = new Lab();
        var options = lab.Sft;
        options.TextColumn = "Body";
        Assert.Contains("Body", Assert.Throws<Exception>(() => lab.Z.DistilledSft(options).Fit(lab.Chats)).Message);
        options.TextColumn = " ";
        Assert.Contains("TextColumn must name a column", Assert.ThrowsExactly<ArgumentException>(() => lab.Z.DistilledSft(options)).Message);
    }

    private sealed class Line
    {
        public string Text { get; set; } = "";

        public string Prompt { get; set; } = "";

        public string Response { get; set; } = "";
    }
}
