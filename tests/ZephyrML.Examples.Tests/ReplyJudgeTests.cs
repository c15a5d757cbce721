using Microsoft.Extensions.AI;
using WeatherDesk;
using ZephyrML.Teacher;

namespace ZephyrML.Examples.Tests;

[TestClass]
public sealed class ReplyJudgeTests
{
    private const string Style = "Expect a high of 21 degrees today. A light jacket will do.";                   // as the embedded models write

    [TestMethod]
    [DataRow("Today tops out at twenty-one degrees, so wear something with short sleeves.")]
    [DataRow("The warmest hour today brings 21 °C; a sweater is enough for the evening walk.")]
    public void AParaphraseThatNoModelWroteScoresAsWell(string reply) =>
        Assert.AreEqual(0.5, ReplyJudge.Compare(Desk.Ask("How warm will it get today?"), reply, Style));

    [TestMethod]
    [DataRow("Expect a high of 23 degrees today. A light jacket will do.", "21.")]
    [DataRow("Expect a high of 12 degrees today. A light jacket will do.", "It gets to 21 degrees, roughly speaking.")]
    public void TheRightStyleWithAWrongNumberLosesToABareRightAnswer(string styled, string bare) =>
        Assert.AreEqual(0, ReplyJudge.Compare(Desk.Ask("How warm will it get today?"), styled, bare));

    [TestMethod]
    [DataRow(" What a lovely thing to ask.")]
    [DataRow(" A light jacket will do.")]                                                                        // said twice
    [DataRow(" I am always glad to be of service to you. Have a look at our other offers. Come back soon.")]
    [DataRow(" Tomorrow's high will be 14 degrees. Friday's high will be 8 degrees. Expect a wind of 45 km/h tomorrow. Expect a wind of 15 km/h today, and a wind of 5 km/h on Friday, when it will be foggy.")]
    public void PaddingGainsNothing(string padding)
    {
        var prompt = Desk.Ask("How warm will it get today?");
        Assert.IsLessThanOrEqualTo(ReplyJudge.Score(prompt, Style).Value, ReplyJudge.Score(prompt, Style + padding).Value);
        foreach (var aspect in Enum.GetValues<JudgeAspect>())
            Assert.IsLessThanOrEqualTo(ReplyJudge.Rate(aspect, prompt, Style), ReplyJudge.Rate(aspect, prompt, Style + padding));
    }

    [TestMethod]
    public void HelpfulStyleDecidesAmongRightAnswers()
    {
        var prompt = Desk.Ask("Will it rain tomorrow?");
        string[] better = ["Yes, rain is likely tomorrow, with a chance of 80%. Please take an umbrella.", "Yes, rain is likely tomorrow, with a chance of 80%.", "Yes."];
        for (var i = 1; i < better.Length; i++)
            Assert.AreEqual(1, ReplyJudge.Compare(prompt, better[i - 1], better[i]), better[i]);
    }

    [TestMethod]
    public void AdviceThatDoesNotFitTheWeatherIsNoAdvice()
    {
        var prompt = Desk.Ask("What is Friday's high?");
        Assert.IsTrue(ReplyJudge.Score(prompt, "Friday's high will be 8 degrees. Please dress warmly.").HasAdvice);
        Assert.IsFalse(ReplyJudge.Score(prompt, "Friday's high will be 8 degrees. Wear light clothes.").HasAdvice);
    }

    [TestMethod]
    public async Task TheUltraFeedbackJudgeRanksByFactsThenStyleWhateverTheOrder()
    {
        var judge = new UltraFeedbackJudge(new WeatherTeacher(5));
        var prompt = Desk.Ask("Will it rain tomorrow?");
        string[] best = ["Yes, rain is likely tomorrow, with a chance of 80%. Please take an umbrella.", "Yes, rain is likely tomorrow.", "What a lovely thing to ask.", "No, tomorrow should stay dry: the chance of rain is 10%."];
        int[][] orders = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]];
        foreach (var order in orders)
        {
            var scores = (await judge.JudgeAsync(new JudgeRequest(prompt.Text, [.. order.Select(i => best[i])], ["a", "b", "c", "d"], 0))).Scores;
            CollectionAssert.AreEqual(new[] { 0, 1, 2, 3 }, order.OrderByDescending(i => scores[Array.IndexOf(order, i)]).ToArray(), string.Join(" ", scores));
        }
    }

    [TestMethod]
    public void TheIntervalOfAWinRateHoldsTheRateAndNarrowsWithMoreComparisons()
    {
        var few = WinRate.Of([1, 1, 0.5, 0, 1, 0.5, 1, 0]);
        var many = WinRate.Of([.. Enumerable.Repeat(new[] { 1, 1, 0.5, 0, 1, 0.5, 1, 0 }, 50).SelectMany(x => x)]);
        Assert.AreEqual(0.625, few.Value, 1e-12);
        Assert.AreEqual((4, 2, 2), (few.Wins, few.Ties, few.Losses));
        Assert.IsTrue(few.Low < few.Value && few.Value < few.High && many.High - many.Low < (few.High - few.Low) / 6);
    }

    [TestMethod]
    public async Task ModelsAnswerTheSameForTheSameSeedAndRequestAndDifferBySeed()
    {
        var prompts = new PromptSampler(9).Training(40).Select(p => p.Text).ToList();
        async Task<List<string>> Ask(int seed)
        {
            var answers = new List<string>();
            foreach (var model in WeatherCandidate.Pool(seed).Select(c => c.Client).Append(new WeatherTeacher(seed)))
                foreach (var prompt in prompts)
                    answers.Add((await model.GetResponseAsync(prompt)).Text);
            return answers;
        }
        var first = await Ask(1);
        CollectionAssert.AreEqual(first, await Ask(1));
        CollectionAssert.AreNotEqual(first, await Ask(2));
    }

    [TestMethod]
    public async Task TheFourModelsDifferInQualityAsTheyAreMeantTo()
    {
        var prompts = new PromptSampler(11).Training(200).ToList();
        var mean = new Dictionary<string, double>();
        foreach (var model in WeatherCandidate.Pool(1))
        {
            var total = 0.0;
            foreach (var prompt in prompts)
                total += ReplyJudge.Score(prompt, (await model.Client.GetResponseAsync(prompt.Text)).Text).Value;
            mean[model.Name] = total / prompts.Count;
        }
        Assert.IsTrue(mean["meridian"] > mean["brief"] && mean["brief"] > mean["breezy"] && mean["brief"] > mean["chatty"], string.Join(", ", mean));
    }
}
