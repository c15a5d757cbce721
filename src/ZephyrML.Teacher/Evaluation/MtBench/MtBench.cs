using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// MT-Bench (arXiv 2306.05685): two-turn questions of eight categories, judged by a strong model. Single answers get 1 to 10, the second turn with the whole dialogue before
/// the judge's eyes; two models are compared in both orders. Categories math, reasoning and coding are judged against reference answers.
/// </summary>
public static partial class MtBench
{
    /// <summary>Whether answers of this category are judged against reference answers.</summary>
    internal static bool NeedsReference(string category) => category is "math" or "reasoning" or "coding";

    /// <summary>The temperature at which FastChat samples a category's answers.</summary>
    internal static double Temperature(string category) => category switch { "writing" or "roleplay" => 0.7, "stem" or "humanities" => 0.1, "extraction" or "math" or "coding" or "reasoning" => 0, _ => 0.7 };

    /// <summary>Lets a model answer, and a judge score the answers.</summary>
    /// <param name="model">Who is evaluated.</param>
    /// <param name="judge">Who judges.</param>
    /// <param name="folder">Questions and judge prompts.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="name">The model's name in the figures; null: from the client's metadata.</param>
    /// <param name="progress">Told about rate and time left; null: nobody.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <returns>The scores.</returns>
    public static async Task<MtBenchMetrics> RunAsync(IChatClient model, IChatClient judge, MtBenchFolder folder, MtBenchOptions? options = null, string? name = null,
        IProgress<TeacherProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var answers = await AnswerAsync(model, folder, options, progress, cancellationToken).ConfigureAwait(false);
        return await ScoreAsync(answers, judge, folder, options, name ?? Name(model, "model"), progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets a model answer all questions, each turn after the answer to the one before.</summary>
    /// <returns>The answers, in the order of the questions.</returns>
    public static async Task<IReadOnlyList<MtBenchAnswer>> AnswerAsync(IChatClient model, MtBenchFolder folder, MtBenchOptions? options = null, IProgress<TeacherProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(folder);
        var settings = Settings(options);
        return await EachAsync("MT-Bench answers", folder.Questions, settings, progress, model, async (question, token) =>
        {
            var dialogue = new List<ChatMessage>();
            var turns = new List<string>();
            foreach (var turn in question.Turns)
            {
                dialogue.Add(new(ChatRole.User, turn));
                var temperature = settings.Temperature ?? question.RequiredTemperature ?? Temperature(question.Category);
                var chat = new ChatOptions { Temperature = (float)temperature, MaxOutputTokens = settings.MaxAnswerTokens };
                if (temperature > 0)
                    chat.Seed = SeedStream.Derive(settings.Seed, "mt-bench", question.Id);
                turns.Add(await AskAsync(model, dialogue, chat, $"Question {question.Id}: the model", token).ConfigureAwait(false));
                dialogue.Add(new(ChatRole.Assistant, turns[^1]));
            }
            return new MtBenchAnswer(question, turns);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets a judge score answers.</summary>
    /// <returns>The scores.</returns>
    public static async Task<MtBenchMetrics> ScoreAsync(IReadOnlyList<MtBenchAnswer> answers, IChatClient judge, MtBenchFolder folder, MtBenchOptions? options = null, string name = "model",
        IProgress<TeacherProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(folder);
        var settings = Settings(options);
        var scores = await EachAsync("MT-Bench scores", [.. answers.SelectMany(a => a.Turns.Select((_, t) => (Answer: a, Turn: t)))], settings, progress, judge, async (item, token) =>
        {
            var question = item.Answer.Question;
            var prompt = folder.Prompt($"single{(NeedsReference(question.Category) ? "-math" : "")}-v1{(item.Turn == 0 ? "" : "-multi-turn")}");
            var values = Values(question, item.Turn, [("answer", item.Answer.Turns)]);
            var (score, reply) = await JudgeAsync(judge, prompt, values, settings, $"Question {question.Id}, turn {item.Turn + 1}", ReadScore, token).ConfigureAwait(false);
            return new MtBenchScore(question.Id, question.Category, item.Turn + 1, score ?? double.NaN, reply);
        }, cancellationToken).ConfigureAwait(false);
        return new(name, Name(judge, "judge"), scores);
    }

    /// <summary>Lets a judge compare two models' answers, each turn in both orders; verdicts that disagree make a tie.</summary>
    /// <param name="first">One model's answers.</param>
    /// <param name="second">The other model's, to the same questions.</param>
    /// <param name="judge">Who judges.</param>
    /// <param name="folder">Questions and judge prompts.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="progress">Told about rate and time left; null: nobody.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <returns>The first model's win rate over questions and turns.</returns>
    public static async Task<JudgedMetrics> CompareAsync(IReadOnlyList<MtBenchAnswer> first, IReadOnlyList<MtBenchAnswer> second, IChatClient judge, MtBenchFolder folder, MtBenchOptions? options = null,
        IProgress<TeacherProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(folder);
        if (!first.Select(a => a.Question.Id).SequenceEqual(second.Select(a => a.Question.Id)))
            throw new ArgumentException("The two models answered different questions.", nameof(second));
        var settings = Settings(options);
        var items = first.Zip(second).SelectMany(p => p.First.Turns.Select((_, t) => (A: p.First, B: p.Second, Turn: t))).ToList();
        var judgements = await EachAsync("MT-Bench comparisons", items, settings, progress, judge, async (item, token) =>
        {
            var calls = await Task.WhenAll(AskAsync(false), AskAsync(true)).ConfigureAwait(false);
            var verdicts = calls.Select(c => c.Verdict).Distinct().ToList();
            return new PairwiseJudgement(verdicts.Contains(PairwiseVerdict.Unread) ? PairwiseVerdict.Unread : verdicts.Count == 1 ? verdicts[0] : PairwiseVerdict.Tie, calls);

            async Task<PairwiseCall> AskAsync(bool swapped)
            {
                var question = item.A.Question;
                var prompt = folder.Prompt($"pair-{(NeedsReference(question.Category) ? "math-v1" : "v2")}{(item.Turn == 0 ? "" : "-multi-turn")}");
                var (a, b) = swapped ? (item.B, item.A) : (item.A, item.B);
                var (verdict, reply) = await JudgeAsync(judge, prompt, Values(question, item.Turn, [("answer_a", a.Turns), ("answer_b", b.Turns)]), settings, $"Question {question.Id}, turn {item.Turn + 1}", ReadVerdict, token).ConfigureAwait(false);
                return new(swapped, verdict switch
                {
                    PairwiseVerdict.First when swapped => PairwiseVerdict.Second,
                    PairwiseVerdict.Second when swapped => PairwiseVerdict.First,
                    { } read => read,
                    null => PairwiseVerdict.Unread,
                }, reply);
            }
        }, cancellationToken).ConfigureAwait(false);
        return new(Name(judge, "judge"), [.. items.Select(i => new PairwiseQuestion(i.A.Question.Turns[i.Turn], i.A.Turns[i.Turn], i.B.Turns[i.Turn], i.A.Question.Id))], judgements);
    }

    /// <summary>The first [[number]] of a judgement, or [number] where there is none; null where it is not 1 to 10.</summary>
    internal static double? ReadScore(string reply)
    {
        var match = DoubleBrackets().Match(reply);
        if (!match.Success)
            match = SingleBrackets().Match(reply);
        return match.Success && double.TryParse(match.Groups[1].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var score) && score is >= 1 and <= 10 ? score : null;
    }

    /// <summary>[[A]], [[B]] or [[C]], told of the places; null where there is none. Where several stand there, the first of the alphabet counts, as in FastChat.</summary>
    internal static PairwiseVerdict? ReadVerdict(string reply) =>
        reply.Contains("[[A]]", StringComparison.Ordinal) ? PairwiseVerdict.First
        : reply.Contains("[[B]]", StringComparison.Ordinal) ? PairwiseVerdict.Second
        : reply.Contains("[[C]]", StringComparison.Ordinal) ? PairwiseVerdict.Tie
        : null;

    private static Dictionary<string, string> Values(MtBenchQuestion question, int turn, (string Name, IReadOnlyList<string> Turns)[] answers)
    {
        var values = new Dictionary<string, string>();
        Add("question", question.Turns);
        if (question.References is { } references)
            Add("ref_answer", references);
        foreach (var (name, turns) in answers)
            Add(name, turns);
        return values;

        void Add(string name, IReadOnlyList<string> turns)
        {
            values[name] = turns[turn];
            for (var t = 0; t < turns.Count; t++)
                values[$"{name}_{t + 1}"] = turns[t];
        }
    }

    private static async Task<(T?, string)> JudgeAsync<T>(IChatClient judge, MtBenchPrompt prompt, Dictionary<string, string> values, MtBenchOptions settings, string what, Func<string, T?> read, CancellationToken token) where T : struct
    {
        ChatMessage[] messages = [new(ChatRole.System, prompt.System), new(ChatRole.User, prompt.Render(values))];
        var reply = "";
        for (var attempt = 0; attempt <= settings.MaxReasks; attempt++)
        {
            reply = await AskAsync(judge, messages, new ChatOptions { Temperature = 0, MaxOutputTokens = settings.MaxJudgementTokens }.WithSample(attempt), $"{what}: the judge", token).ConfigureAwait(false);
            if (read(reply) is { } found)
                return (found, reply);
        }
        return (null, reply);
    }

    private static async Task<string> AskAsync(IChatClient client, IEnumerable<ChatMessage> messages, ChatOptions options, string what, CancellationToken token)
    {
        try
        {
            return (await client.GetResponseAsync(messages, options, token).ConfigureAwait(false)).Text;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw TeacherException.Of($"{what} could not be asked: ", e);
        }
    }

    private static async Task<TResult[]> EachAsync<TItem, TResult>(string stage, IReadOnlyList<TItem> items, MtBenchOptions settings, IProgress<TeacherProgress>? progress, IChatClient client,
        Func<TItem, CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
    {
        var meter = new TeacherProgressMeter(stage, items.Count, progress, client);
        var results = new TResult[items.Count];
        await Parallel.ForAsync(0, items.Count, new ParallelOptions { MaxDegreeOfParallelism = settings.MaxConcurrency, CancellationToken = cancellationToken }, async (i, token) =>
        {
            results[i] = await work(items[i], token).ConfigureAwait(false);
            meter.Count();
        }).ConfigureAwait(false);
        return results;
    }

    private static MtBenchOptions Settings(MtBenchOptions? options)
    {
        var settings = (options ?? new()).Copy();
        settings.Validate();
        return settings;
    }

    private static string Name(IChatClient client, string otherwise) => client.GetService<ChatClientMetadata>()?.DefaultModelId ?? otherwise;

    [GeneratedRegex(@"\[\[(\d+\.?\d*)\]\]", RegexOptions.CultureInvariant)]
    private static partial Regex DoubleBrackets();

    [GeneratedRegex(@"\[(\d+\.?\d*)\]", RegexOptions.CultureInvariant)]
    private static partial Regex SingleBrackets();
}
