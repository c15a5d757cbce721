using Microsoft.Extensions.AI;
using WeatherDesk;

namespace ZephyrML.Examples.Tests;

[TestClass]
public sealed class FactCheckerTests
{
    [TestMethod]
    // Wordings that no embedded model uses.
    [DataRow("How warm will it get today?", "Today's thermometer should top out around twenty-one degrees.")]
    [DataRow("How warm will it get today?", "A maximum of 21 °C is what we are looking at.")]
    [DataRow("How warm will it get today?", "Temperatures climb from 12 up to 21°C today, so shed that coat by noon.")]
    [DataRow("What is Friday's low?", "Friday morning bottoms out at a chilly 3 degrees Celsius.")]
    [DataRow("What is Friday's low?", "On Friday the mercury sinks to three degrees.")]
    [DataRow("Will it rain tomorrow?", "I would plan for rain: the odds stand at eighty percent.")]
    [DataRow("Will it rain tomorrow?", "Most likely, yes: there is an 80% chance of rain tomorrow.")]
    [DataRow("Will it rain tomorrow?", "You should carry an umbrella tomorrow.")]
    [DataRow("Will it rain tomorrow?", "Yes, showers are expected.")]
    [DataRow("Will it rain today?", "Rain is not expected today.")]
    [DataRow("Will it rain today?", "It won't rain today, so the umbrella can stay home.")]
    [DataRow("Do I need an umbrella on Friday?", "No, Friday stays dry.")]
    [DataRow("Will it stay dry today?", "Yes, it will.")]
    [DataRow("How windy will it be tomorrow?", "Gusty! Winds of forty-five kilometres per hour tomorrow.")]
    [DataRow("How windy will it be tomorrow?", "45 kph is forecast.")]
    [DataRow("What is this week's temperature range?", "Over the next days we go from 3 degrees all the way to 21.")]
    [DataRow("What is this week's temperature range?", "The coldest it gets is 3 degrees on Friday; the warmest is 21 degrees today.")]
    [DataRow("What is this week's temperature range?", "3-21 °C")]
    [DataRow("Describe tomorrow's weather.", "A rainy day lies ahead tomorrow: 9 degrees in the morning, peaking at 14 degrees.")]
    [DataRow("Describe today's weather.", "Sunshine all day. The low is 12 degrees, the high is 21 degrees.")]
    [DataRow("Will it rain tomorrow?", "There's a strong chance of rain tomorrow at 80%, so pack a raincoat.")]
    [DataRow("Will it rain tomorrow?", "Tomorrow looks wet.")]
    [DataRow("Will it rain today?", "Not today! Only a ten percent chance.")]
    [DataRow("Will it rain today?", "It looks dry today, with just a 10% risk of showers.")]
    [DataRow("Will it rain today?", "I doubt that it will rain today.")]
    [DataRow("How warm will it get today?", "Expect around 21 degrees today, not more.")]
    [DataRow("What is Friday's low?", "3°C is as cold as it gets on Friday.")]
    [DataRow("How windy will it be tomorrow?", "Quite a blow: 45 kilometers an hour.")]
    [DataRow("What is this week's temperature range?", "Between three and twenty-one degrees.")]
    [DataRow("What is this week's temperature range?", "Low: 3 °C. High: 21 °C.")]
    [DataRow("Describe today's weather.", "Clear skies today; lows near 12, highs near 21.")]
    [DataRow("Describe today's weather.", "It'll be a sunny one: 12 °C at dawn, 21 °C by the afternoon, and hardly a chance of showers.")]
    [DataRow("Describe tomorrow's weather.", "Rain all day tomorrow, from 9 up to 14 degrees.")]
    [DataRow("Describe Friday's weather.", "Friday: foggy and cold, 3 to 8 degrees.")]
    [DataRow("Describe Friday's weather.", "Fog on Friday, with 8 degrees at most and 3 at least.")]
    public void AnHonestParaphraseIsCorrect(string question, string reply)
    {
        var report = FactChecker.Check(Desk.Ask(question), reply);
        Assert.IsTrue(report.IsCorrect, $"{report.Stated} of {report.Asked}; wrong: {string.Join(", ", report.Contradictions)}");
    }

    [TestMethod]
    [DataRow("How warm will it get today?", "It will reach 22 degrees today. A light jacket will do.")]
    [DataRow("How warm will it get today?", "It will reach 12 degrees today.")]                                  // the low
    [DataRow("How warm will it get today?", "It will reach 14 degrees today.")]                                  // tomorrow's high
    [DataRow("How warm will it get today?", "Expect a high of 21 degrees today and 17 degrees tomorrow.")]       // a wrong addition
    [DataRow("How warm will it get today?", "The weather is lovely today.")]
    [DataRow("How warm will it get today?", "Expect a high of 21 degrees tomorrow.")]                            // the wrong day
    [DataRow("Will it rain tomorrow?", "No, tomorrow should stay dry: the chance of rain is 80%.")]
    [DataRow("Will it rain tomorrow?", "Yes, rain is likely tomorrow, with a chance of 70%.")]
    [DataRow("Will it rain tomorrow?", "Yes, rain is likely tomorrow. You can leave the umbrella at home.")]
    [DataRow("Will it rain today?", "Yes, please take an umbrella.")]
    [DataRow("Will it rain on Friday?", "Yes, rain is likely on Friday.")]
    [DataRow("Will it rain on Friday?", "No, rain is unlikely on Thurday.")]                                     // no day at all
    [DataRow("How windy will it be tomorrow?", "Expect a wind of 15 km/h tomorrow.")]
    [DataRow("How windy will it be tomorrow?", "Expect a wind of 45 degrees tomorrow.")]
    [DataRow("What is this week's temperature range?", "This week's temperatures range from 3 to 14 degrees.")]
    [DataRow("What is this week's temperature range?", "This week's high is 21 degrees.")]                       // half of it
    [DataRow("Describe tomorrow's weather.", "Tomorrow will be sunny, with temperatures from 9 to 14 degrees.")]
    [DataRow("Describe tomorrow's weather.", "Tomorrow will be rainy.")]
    [DataRow("Describe today's weather.", "Rain all day today, from 12 to 21 degrees.")]
    [DataRow("Describe tomorrow's weather.", "")]
    public void AWrongOrIncompleteReplyIsNot(string question, string reply) =>
        Assert.IsFalse(FactChecker.Check(Desk.Ask(question), reply).IsCorrect);

    [TestMethod]
    public async Task EveryReplyOfTheTeacherIsCorrectAndTheSloppyModelIsCaught()
    {
        var sloppy = new WeatherCandidate("breezy", CandidateStyle.Sloppy, 1);
        var caught = 0;
        foreach (var prompt in new PromptSampler(3).Training(300))
        {
            var reply = (await new WeatherTeacher(1).GetResponseAsync(prompt.Text)).Text;
            var report = FactChecker.Check(prompt, reply);
            Assert.IsTrue(report.IsCorrect, $"{prompt.Text}\n{reply}\n{string.Join(", ", report.Contradictions)}");
            caught += FactChecker.Check(prompt, (await sloppy.GetResponseAsync(prompt.Text)).Text).IsCorrect ? 0 : 1;
        }
        Assert.IsTrue(caught is > 100 and < 190, $"{caught} of 300 caught");
    }
}
