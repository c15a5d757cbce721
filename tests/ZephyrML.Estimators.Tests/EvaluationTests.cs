using Microsoft.Extensions.AI;
using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.Teacher;
using ZephyrML.Transforms.Tests;

namespace ZephyrML.Estimators.Tests;

[TestClass]
public sealed class EvaluationTests
{
    [TestMethod]
    public void Preferences_are_measured_against_the_start()
    {
        using var lab = new Lab();
        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var options = lab.Dpo;
        (options.Beta, options.MaxSteps) = (0.3, 12);
        using var dpo = lab.Z.DistilledDpo(sft, options).Fit(lab.Pairs);
        var found = lab.Z.Evaluate.Preferences(dpo, lab.Pairs);
        Assert.AreEqual(Lab.Questions.Length, found.Pairs);
        Assert.AreEqual(0.3, found.Beta, "as trained");
        Assert.AreEqual(1, found.RewardAccuracy, "twelve steps on six pairs are learned by heart");
        Assert.IsGreaterThan(0, found.RewardMargin);
        Assert.IsLessThan(Math.Log(2), found.Loss);
        Assert.AreEqual(found.PairRewards.Average(p => Math.Log(1 + Math.Exp(p.RejectedReward - p.ChosenReward))), found.Loss, 1e-5, "the sigmoid loss of these rewards");
        // The student that it started from has no reward against itself.
        var start = lab.Z.Evaluate.Preferences(sft, lab.Pairs, reference: sft, options: options);
        Assert.AreEqual((0.0, 0.0), (start.RewardMargin, start.RewardAccuracy));
        Assert.AreEqual(Math.Log(2), start.Loss, 1e-6);
    }

    [TestMethod]
    public void The_reference_is_found_in_the_loaded_chain_and_missed_where_it_is_not()
    {
        using var lab = new Lab();
        var model = lab.Recipe();
        var expected = lab.Z.Evaluate.Preferences(model, lab.Pairs);
        lab.Z.Save(model, lab.Prompts.Schema, lab.PathOf("model.zip"));
        lab.Z.Save(lab.Z.ForScoring(model), lab.Prompts.Schema, lab.PathOf("scoring.zip"));
        model.Dispose();
        var found = lab.Z.Evaluate.Preferences(lab.Ml.Model.Load(lab.PathOf("model.zip"), out _), lab.Pairs);
        Assert.AreEqual(expected.RewardMargin, found.RewardMargin);
        Assert.AreEqual(expected.Loss, found.Loss);
        var error = Assert.ThrowsExactly<ArgumentException>(() => lab.Z.Evaluate.Preferences(lab.Ml.Model.Load(lab.PathOf("scoring.zip"), out _), lab.Pairs));
        Assert.Contains("Give it as reference", error.Message);
    }

    [TestMethod]
    public void An_adapter_brings_its_reference_along()
    {
        using var lab = new Lab();
        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var options = lab.Dpo;
        (options.Adapter, options.MaxSteps) = (new LoraOptions { Rank = 4, Alpha = 8 }, 6);
        using var dpo = lab.Z.DistilledDpo(sft, options).Fit(lab.Pairs);
        var expected = lab.Z.Evaluate.Preferences(dpo, lab.Pairs, reference: sft);
        Assert.AreNotEqual(0, expected.RewardMargin);
        lab.Ml.Model.Save(dpo, lab.Prompts.Schema, lab.PathOf("alone.zip"));
        var replies = lab.Ask(dpo.Share(), Lab.Questions);
        using var alone = (StudentTransformer)lab.Ml.Model.Load(lab.PathOf("alone.zip"), out _);
        var found = lab.Z.Evaluate.Preferences(alone, lab.Pairs);
        Assert.AreEqual(expected.RewardMargin, found.RewardMargin, 1e-6, "the network without its adapter is the student that it was trained from");
        CollectionAssert.AreEqual(replies, lab.Ask(alone.Share(), Lab.Questions), "the student is as it was");
    }

    [TestMethod]
    public void Perplexity_is_the_cross_entropy_of_the_answers()
    {
        using var lab = new Lab();
        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var found = lab.Z.Evaluate.Perplexity(sft, lab.Rows(new() { Prompt = "Is it windy?", Response = "No." }, new() { Prompt = "And now?" }, new() { Prompt = "Is there fog?", Response = "It is fine." }));
        Assert.AreEqual((2, 1), (found.Rows, found.RowsSkipped));
        // The same by hand, a row at a time, from the saved folder.
        sft.SaveHuggingFace(lab.PathOf("sft"));
        using var model = LanguageModel.Load(lab.PathOf("sft"));
        double sum = 0;
        long tokens = 0;
        foreach (var (prompt, answer) in new[] { ("Is it windy?", "No."), ("Is there fog?", "It is fine.") })
        {
            var chat = ChatTokenizer.Encode(model.Tokenizer, model.Template, [new("user", prompt), new("assistant", answer)]);
            using var ids = TorchSharp.torch.tensor(chat.Ids.Select(i => (long)i).ToArray()).unsqueeze(0);
            using var logps = model.Network.Logits(model.Network.Hidden(ids)).log_softmax(-1);
            for (var i = 1; i < chat.Ids.Length; i++)
            {
                if (!chat.Supervised[i])
                    continue;
                sum -= logps[0, i - 1, chat.Ids[i]].item<float>();
                tokens++;
            }
        }
        Assert.AreEqual(tokens, found.Tokens);
        Assert.AreEqual(sum / tokens, found.Loss, 1e-5);
        Assert.AreEqual(Math.Exp(found.Loss), found.Perplexity, 1e-12);
    }

    [TestMethod]
    public void A_judge_compares_two_students_and_the_report_tells_it()
    {
        using var lab = new Lab();
        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        using var dpo = lab.Z.DistilledDpo(sft, lab.Dpo).Fit(lab.Pairs);
        var mine = lab.Ask(dpo, Lab.Questions);
        var theirs = lab.Ask(sft, Lab.Questions);
        // Prefers the ordinally greater text: any rule will do that the test can apply itself.
        var judge = new FakeClient("judge", prompt =>
        {
            var (_, first, second, tag) = PairwisePrompt.TryRead(prompt)!.Value;
            var order = string.CompareOrdinal(first, second);
            return $"[[{tag} verdict: {(order > 0 ? "1" : order < 0 ? "2" : "tie")}]]";
        });
        var found = lab.Z.Evaluate.WinRate(dpo, against: sft, lab.Prompts, judge: judge);
        var orders = mine.Zip(theirs).Select(p => Math.Sign(string.CompareOrdinal(p.First, p.Second))).ToList();
        Assert.AreEqual((orders.Count(o => o > 0), orders.Count(o => o == 0), orders.Count(o => o < 0)), (found.WinRate.Wins, found.WinRate.Ties, found.WinRate.Losses));
        Assert.AreEqual(1, found.Consistency);
        lab.Z.Report(dpo, found, lab.Z.Evaluate.Perplexity(dpo, lab.Chats)).Save(lab.PathOf("report.html"));
        var html = File.ReadAllText(lab.PathOf("report.html"));
        foreach (var part in new[] { "Lineage", "dSFT", "dDPO", "Win rate, judged by", "perplexity" })
            Assert.Contains(part, html);
        Assert.DoesNotContain(lab.Folder, html, "no path of this machine");
        File.WriteAllText(lab.PathOf("outputs.json"), System.Text.Json.JsonSerializer.Serialize(Lab.Questions.Zip(theirs).Select(p => new { instruction = p.First, output = p.Second, generator = "sft" })));
        var alpaca = lab.Z.Evaluate.AlpacaEval(dpo, judge, lab.PathOf("outputs.json"));
        Assert.AreEqual(found.WinRate.Value, alpaca.WinRate.Value);
        Assert.IsTrue(alpaca.Judgements.All(j => j.Calls.Count == 1), "one order each");
    }

    [TestMethod]
    public void MtBench_asks_both_turns_of_the_student()
    {
        using var lab = new Lab();
        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var folder = Directory.CreateDirectory(lab.PathOf("mt_bench")).FullName;
        File.WriteAllText(Path.Combine(folder, "question.jsonl"), """{"question_id": 1, "category": "extraction", "turns": ["Is it windy?", "Is there fog?"]}""");
        File.WriteAllLines(Path.Combine(folder, "judge_prompts.jsonl"), new[] { "single", "pair" }.SelectMany(kind => new[] { "", "-math" }.SelectMany(math => new[] { "", "-multi-turn" }.Select(turns => (kind, math, turns))))
            .Select(n => $$"""{"name": "{{n.kind}}{{(n.kind == "pair" && n.math == "" ? "-v2" : n.math + "-v1")}}{{n.turns}}", "system_prompt": "", "prompt_template": "{{(n.turns == "" ? "{question}|{answer}" : "{question_1}|{answer_1}|{question_2}|{answer_2}")}}"}"""));
        var asked = new List<string>();
        var judge = new FakeClient("judge", prompt =>
        {
            lock (asked)
                asked.Add(prompt);
            return prompt.Split('|').Length == 4 ? "[[3]]" : "[[5]]";
        });
        var found = lab.Z.Evaluate.MtBench(sft, judge, folder, new() { MaxAnswerTokens = 8 });
        Assert.AreEqual((4.0, 5.0, 3.0), (found.Score, found.FirstTurn, found.SecondTurn));
        Assert.AreEqual(2, judge.Calls);
        Assert.Contains($"Is it windy?|{lab.Ask(sft, "Is it windy?")[0]}", asked, "the judge reads the student's own answer");
    }

    [TestMethod]
    public void What_cannot_be_evaluated_is_said()
    {
        using var lab = new Lab();
        using var sft = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var judge = new FakeClient("judge", _ => "");
        Assert.Contains("holds no student", Assert.ThrowsExactly<ArgumentException>(() => lab.Z.Evaluate.WinRate(lab.Ml.Transforms.CopyColumns("a", "Prompt").Fit(lab.Prompts), sft, lab.Prompts, judge)).Message);
        Assert.Contains("none of 1 rows has a 'Chosen'", Assert.ThrowsExactly<InvalidOperationException>(() => lab.Z.Evaluate.Preferences(sft, lab.Rows(new Lab.Row { Prompt = "x" }), sft)).Message);
        Assert.Contains("none of 1 rows has a 'Response'", Assert.ThrowsExactly<InvalidOperationException>(() => lab.Z.Evaluate.Perplexity(sft, lab.Rows(new Lab.Row { Prompt = "x" }))).Message);
    }
}
