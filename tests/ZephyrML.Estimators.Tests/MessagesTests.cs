using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.LanguageModels;

namespace ZephyrML.Estimators.Tests;

/// <summary>Messages, where the data has them, is the context instead of Prompt, system turn included: in dSFT, in dDPO and at scoring alike.</summary>
[TestClass]
public sealed class MessagesTests
{
    private const string System = "It is windy.";

    private static string Json(params (string Role, string Content)[] turns) => $"[{string.Join(",", turns.Select(t => $$"""{"role":"{{t.Role}}","content":"{{t.Content}}"}"""))}]";

    [TestMethod]
    public void TrainingOnMessagesIsTrainingOnTheSameTurns()
    {
        using var lab = new Lab();
        var withSystem = lab.Sft;
        withSystem.SystemPrompt = System;
        string Weights(DistilledSftOptions options, Lab.Row row)
        {
            using var student = lab.Z.DistilledSft(options).Fit(lab.Rows(row, row));
            return student.Info.Last.Weights;
        }
        string asMessages = Weights(lab.Sft, new() { Prompt = "not this", Response = "nor this", Messages = Json(("system", System), ("user", "Is it fine?"), ("assistant", "It is.")) });
        Assert.AreEqual(Weights(withSystem, new() { Prompt = "Is it fine?", Response = "It is." }), asMessages, "dSFT");
        Assert.AreEqual(asMessages, Weights(withSystem, new() { Messages = Json(("system", System), ("user", "Is it fine?"), ("assistant", "It is.")) }), "the row's own system turn stays");
        Assert.AreNotEqual(asMessages, Weights(lab.Sft, new() { Prompt = "Is it fine?", Response = "It is." }), "the system turn counts");
        Assert.AreEqual(asMessages, Weights(lab.Sft, new() { Messages = Json(("system", System), ("user", "Is it fine?")), Response = "It is." }), "an answer behind the context");
    }

    [TestMethod]
    public void PreferencesOverMessagesAreOverTheSameTurns()
    {
        using var lab = new Lab();
        string Weights(string? systemPrompt, Lab.Row row)
        {
            (row.Chosen, row.Rejected) = ("It is.", "No.");
            var options = lab.Dpo;
            (options.BaseModel, options.SystemPrompt) = (lab.BaseModel, systemPrompt);
            using var student = lab.Z.DistilledDpo(options).Fit(lab.Rows(row, row));
            return student.Info.Last.Weights;
        }
        string asMessages = Weights(null, new() { Prompt = "not this", Messages = Json(("system", System), ("user", "Is it fine?")) });
        Assert.AreEqual(Weights(System, new() { Prompt = "Is it fine?" }), asMessages, "dDPO");
        Assert.AreNotEqual(asMessages, Weights(null, new() { Prompt = "Is it fine?" }), "the system turn counts");
        Assert.AreEqual(asMessages, Weights(null, new() { Messages = Json(("system", System), ("user", "Is it fine?"), ("assistant", "An answer that is not compared.")) }), "the context ends with the user");
    }

    [TestMethod]
    public void ScoringAnswersTheSameTurns()
    {
        using var lab = new Lab();
        using var plain = lab.Z.LoadStudent(lab.BaseModel, new() { MaxNewTokens = 8 });
        using var system = lab.Z.LoadStudent(lab.BaseModel, new() { MaxNewTokens = 8, SystemPrompt = System });
        string Reply(StudentTransformer student, Lab.Row row) => student.Transform(lab.Rows(row)).GetColumn<string>("Reply").Single();
        var messages = new Lab.Row { Prompt = "not this", Messages = Json(("system", System), ("user", "Will it rain tomorrow?")) };
        var prompt = new Lab.Row { Prompt = "Will it rain tomorrow?" };
        Assert.AreEqual(Reply(system, prompt), Reply(plain, messages));
        Assert.AreEqual(Reply(system, messages), Reply(plain, messages));

        using var model = LanguageModel.Load(lab.BaseModel);
        ChatTurn[] turns = [new("system", System), new("user", "Will it rain tomorrow?"), new("assistant", "No."), new("user", "Is it windy?")];
        var expected = TextGenerator.Generate(model, [ChatTokenizer.EncodePrompt(model.Tokenizer, model.Template, turns)], new GenerationOptions { MaxNewTokens = 8 })[0].Text;
        Assert.AreEqual(expected, Reply(plain, new() { Messages = Json([.. turns.Select(t => (t.Role, t.Content))]) }), "several turns");
        Assert.AreNotEqual(expected, Reply(plain, prompt));
    }
}
