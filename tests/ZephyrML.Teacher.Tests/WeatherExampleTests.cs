using System.Text.Json;

namespace ZephyrML.Teacher.Tests;

/// <summary>The weather desk of the article that the project starts from: three seeds, one round of refinement, six pairs; in English and in Chinese.</summary>
[TestClass]
public class WeatherExampleTests
{
    private static readonly (string Instruction, string Answer, string Refined, string NewAnswer)[] English =
    [
        ("Describe today's weather.", "Today is sunny with a light breeze and 22 degrees.", "Is today's weather suitable for a walk in the park?", "Yes, a walk in the park will be pleasant in the sun."),
        ("Will it rain tomorrow?", "Tomorrow brings showers in the afternoon.", "What should I wear when showers are expected in the afternoon?", "Take a rain jacket and shoes that keep the water out."),
        ("What is this week's temperature range?", "Between 15 and 24 degrees this week.", "Which day of a week between 15 and 24 degrees is best for hiking?", "Choose the warmest dry day, which is likely to be Saturday."),
    ];

    private static readonly (string Instruction, string Answer, string Refined, string NewAnswer)[] Chinese =
    [
        ("描述今天的天气。", "今天晴朗，有微风，气温22度。", "今天适合去公园散步吗？", "适合，阳光很好，散步会很舒服。"),
        ("明天会下雨吗？", "明天下午有阵雨。", "下午有阵雨时出门应该穿什么？", "请带上雨衣，穿防水的鞋。"),
        ("这周的气温范围是多少？", "本周气温在15到24度之间。", "气温在15到24度的一周里哪天最适合爬山？", "选一个最暖和的晴天，比如周六。"),
    ];

    private static FakeChatClient Teacher((string Instruction, string Answer, string Refined, string NewAnswer)[] desk) => new((string message) =>
        RefinementPrompt.TryRead(message, out var instruction, out var answer)
            ? desk.Single(d => d.Instruction == instruction && d.Answer == answer).Refined
            : desk.SelectMany(d => ((string, string)[])[(d.Instruction, d.Answer), (d.Refined, d.NewAnswer)]).Single(p => p.Item1 == message).Item2);

    [TestMethod]
    [DataRow(false, 1)]
    [DataRow(false, 16)]
    [DataRow(true, 1)]
    [DataRow(true, 16)]
    public async Task Three_seeds_and_one_round_make_six_pairs_in_their_order(bool chinese, int concurrency)
    {
        using var folder = new TemporaryFolder();
        var desk = chinese ? Chinese : English;
        var generator = new SelfInstructGenerator(Teacher(desk), new() { MaxConcurrency = concurrency, ContinueFrom = folder["weather.jsonl"] });
        var pairs = await generator.GenerateAsync(desk.Select(d => d.Instruction)).ToListAsync();
        CollectionAssert.AreEqual(
            (Dialogue[])[.. desk.Select(d => Dialogue.Of(d.Instruction, d.Answer)), .. desk.Select(d => Dialogue.Of(d.Refined, d.NewAnswer))], pairs);
        Assert.AreEqual("6 made, 0 continued", generator.Counts.ToString());
        var lines = File.ReadAllLines(folder["weather.jsonl"]);
        CollectionAssert.AreEqual(pairs, lines.Select(line => DialogueJson.Parse(JsonDocument.Parse(line).RootElement.GetProperty("messages"))).ToList());
        StringAssert.Contains(lines[5], chinese ? "爬山" : "hiking", "readable as it stands, not escaped");
    }

    [TestMethod]
    public async Task Chinese_filters_count_and_compare_characters()
    {
        // a short one, one that differs in one character of many, one in a keyword, and a good one, by turns of the drawn sample
        string[] refined = ["天气？", "描述明天的天气。", "请画一张今天的天气图片", "今天的空气质量怎么样呢？"];
        var teacher = new FakeChatClient((prompt, options) => RefinementPrompt.TryRead(prompt, out _, out _) ? refined[options.GetSample() % 4] : "好的，" + prompt);
        var generator = new SelfInstructGenerator(teacher, new() { TargetSize = 2 });
        var pairs = await generator.GenerateAsync(["描述今天的天气。"]).ToListAsync();
        CollectionAssert.AreEqual((string[])["描述今天的天气。", "今天的空气质量怎么样呢？"], pairs.ConvertAll(p => p.Instruction));
        Assert.AreEqual("2 made, 0 continued, 1 dropped as TooShort, 1 dropped as Keyword, 1 dropped as TooSimilar", generator.Counts.ToString());
    }
}
