using WeatherDesk;

namespace ZephyrML.Examples.Tests;

[TestClass]
public sealed class PromptSamplerTests
{
    [TestMethod]
    public void HeldOutPromptsShareNoDayWithTrainingAndHalfOfThemNoWording()
    {
        var training = new PromptSampler(42).Training(1500).ToList();
        var heldOut = new PromptSampler(42).HeldOut(300, training).ToList();
        var days = training.SelectMany(p => p.Forecast.Days).ToHashSet();
        Assert.HasCount(300, heldOut);
        Assert.IsFalse(heldOut.Any(p => p.Forecast.Days.Any(days.Contains)));
        var wordings = Enum.GetValues<QuestionKind>().ToDictionary(k => k, k => QuestionWordings.HeldOut(k));
        Assert.AreEqual(150, heldOut.Count(p => wordings[p.Question.Kind].Any(w => QuestionWordings.Fill(p.Question.Kind, p.Question.Day, w, p.Forecast).Text == p.Question.Text)));
        Assert.AreEqual(6, heldOut.Select(p => p.Question.Kind).Distinct().Count());
    }

    [TestMethod]
    public void APromptReadsBackAsItWasMeant()
    {
        var training = new PromptSampler(4).Training(400).ToList();
        foreach (var prompt in training.Concat(new PromptSampler(4).HeldOut(400, training)))
        {
            var read = WeatherPrompt.Read(prompt.Text);
            Assert.AreEqual(prompt.Forecast, read!.Forecast);
            Assert.AreEqual(prompt.Question, read.Question, prompt.Text);
        }
    }

    [TestMethod]
    public void DocumentsKeepToTheirLongestForecastAndTeachEveryReplyTruly()
    {
        foreach (var longest in new[] { 1, 2, 3 })
            Assert.AreEqual(longest, PlainText.Documents(1, 60, maxDays: longest).Max(d => Forecast.Find(d[0].Text)!.Days.Count));
        foreach (var document in PlainText.Documents(2, 200))
            for (var i = 1; i < document.Count; i += 2)
                Assert.IsTrue(FactChecker.Check(WeatherPrompt.Read(document[0].Text + document[i].Text)!, document[i + 1].Text).IsCorrect, document[i + 1].Text);
    }
}
