using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using ZephyrML.Evaluation;
using ZephyrML.Fitting;
using ZephyrML.LanguageModels;
using ZephyrML.Saving;
using ZephyrML.Teacher;
using ZephyrML.Training;
using ZephyrML.Transforms;
using ZephyrML.Transforms.Rows;
using ZephyrML.Transforms.Students;

namespace ZephyrML;

/// <summary>Evaluations of students: by given pairs and answers, and by judges. Got by <c>z.Evaluate</c>.</summary>
public sealed class EvaluateCatalog
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() }, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly StageContext _context;

    internal EvaluateCatalog(StageContext context) => _context = context;

    /// <summary>How a student ranks given pairs, against the model that its last step started from (dDPO's reference).</summary>
    /// <param name="model">A student, or a model that has one (of several, the last).</param>
    /// <param name="pairs">Data with Prompt (or Messages), Chosen and Rejected; it is read once.</param>
    /// <param name="reference">The reference; null: the student that training started from, where it is in the same model or still alive.</param>
    /// <param name="options">β, losses, length and columns; null: those that the student was trained with, or defaults where it saw no dDPO.</param>
    /// <returns>The figures.</returns>
    /// <exception cref="ArgumentException">There is no student, or its reference is not to be found.</exception>
    /// <exception cref="InvalidOperationException">No row has a pair.</exception>
    public PreferenceMetrics Preferences(ITransformer model, IDataView pairs, ITransformer? reference = null, DistilledDpoOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var student = Student(model);
        options ??= Trained(student) ?? new DistilledDpoOptions();
        options.Validate();
        using var policyHold = student.Student.Weights.Hold();
        var (start, hold) = ReferenceStudent.Find(model, student, reference);
        using var referenceHold = hold;
        var policy = student.Student.Weights.Model;
        using var rows = TokenStore.ForPreferences();
        var numbers = new List<long>();
        var skipped = PreferencePairs.Read(policy, options, student.Student.Settings.SystemPrompt, pairs, _context.CancellationToken, (row, pair) =>
        {
            rows.Add(pair);
            numbers.Add(row);
        });
        rows.Complete();
        if (rows.Count == 0)
            throw new InvalidOperationException($"Evaluate.Preferences has nothing to measure: none of {skipped} rows has a '{options.ChosenColumn}' and a '{options.RejectedColumn}'.");
        var anchors = DpoTrainer.LogProbabilities(start, rows, options, _context.CancellationToken);
        var found = DpoTrainer.Evaluate(policy.Network, rows, anchors, options, _context.CancellationToken);
        var measured = numbers.Select((row, i) => (Row: row, Policy: found.Policy[i], Reference: anchors[i]))
            .Where(p => !float.IsNaN(p.Policy.Chosen) && !float.IsNaN(p.Policy.Rejected))
            .Select(p => new PreferencePair(p.Row, options.Beta * (p.Policy.Chosen - p.Reference.Chosen), options.Beta * (p.Policy.Rejected - p.Reference.Rejected), p.Policy.Chosen, p.Policy.Rejected)).ToList();
        return new(measured, skipped + numbers.Count - measured.Count, found.Loss, options.Beta);
    }

    /// <summary>How well a student foretells given answers.</summary>
    /// <param name="model">A student, or a model that has one (of several, the last).</param>
    /// <param name="data">Data with Prompt and Response, or with Messages; it is read once.</param>
    /// <param name="maxLength">Rows are cut to this many tokens.</param>
    /// <returns>The figures.</returns>
    /// <exception cref="ArgumentException">There is no student.</exception>
    /// <exception cref="InvalidOperationException">No row has an answer.</exception>
    public PerplexityMetrics Perplexity(ITransformer model, IDataView data, int maxLength = 2048)
    {
        ArgumentNullException.ThrowIfNull(data);
        var student = Student(model).Student;
        using var hold = student.Weights.Hold();
        using var rows = TokenStore.ForSft();
        var skipped = 0;
        foreach (var (row, texts) in RowSource.Read(data, _context.CancellationToken, student.Settings.PromptColumn, student.Settings.MessagesColumn, ZephyrColumns.Response))
        {
            if (Conversation.Dialogue(texts[0], texts[1], texts[2], student.Settings.SystemPrompt, row) is not { } turns)
            {
                skipped++;
                continue;
            }
            var chat = ChatTokenizer.Encode(student.Weights.Model.Tokenizer, student.Weights.Model.Template, turns);
            rows.Add(new SftRow(chat.Ids, chat.Supervised));
        }
        rows.Complete();
        if (rows.Count == 0)
            throw new InvalidOperationException($"Evaluate.Perplexity has nothing to measure: none of {skipped} rows has a '{ZephyrColumns.Response}' or ends with an assistant's turn in '{student.Settings.MessagesColumn}'.");
        var found = CrossEntropy.Evaluate(student.Weights.Model.Network, rows, maxLength, student.Settings.ReplyBatchSize, _context.CancellationToken);
        return new(found.Rows, skipped + rows.Count - found.Rows, found.Tokens, found.Loss, found.MeanTokenAccuracy);
    }

    /// <summary>How a student's replies fare against another's before a judge.</summary>
    /// <param name="model">A model with a student.</param>
    /// <param name="against">The other model.</param>
    /// <param name="prompts">Data with Prompt, or Messages; both models answer it.</param>
    /// <param name="judge">Compares the replies.</param>
    /// <param name="options">How it is asked; null: both orders, temperature 0.</param>
    /// <returns>The first model's win rate, with its interval, and the judge's habits.</returns>
    public JudgedMetrics WinRate(ITransformer model, ITransformer against, IDataView prompts, IChatClient judge, PairwiseJudgeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(judge);
        var first = Replies(model, prompts);
        var second = Replies(against, prompts);
        return Compare([.. first.Zip(second).Select(p => new PairwiseQuestion(p.First.Asked, p.First.Reply, p.Second.Reply, p.First.Row))], judge, options);
    }

    /// <summary>AlpacaEval: a student's answers against a baseline's recorded ones, judged in one random order each unless the options say otherwise.</summary>
    /// <param name="model">A model with a student.</param>
    /// <param name="judge">Compares the answers.</param>
    /// <param name="outputs">The baseline's file: instruction, output, generator; a JSON array or JSON lines, plain or .gz.</param>
    /// <param name="options">How the judge is asked; null: a random order, temperature 0.</param>
    /// <returns>The student's win rate.</returns>
    public JudgedMetrics AlpacaEval(ITransformer model, IChatClient judge, string outputs, PairwiseJudgeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentException.ThrowIfNullOrWhiteSpace(outputs);
        var (answers, _) = Teacher.AlpacaEval.ReadOutputs(outputs);
        var replies = Replies(model, _context.Ml.Data.LoadFromEnumerable(answers.Select(a => new Prompt { Text = a.Instruction })));
        return Compare([.. replies.Select(r => new PairwiseQuestion(r.Asked, r.Reply, answers[(int)r.Row].Output, r.Row))], judge, options ?? new() { Order = PairwiseOrder.Random });
    }

    /// <summary>MT-Bench: two-turn questions, a judge's scores from 1 to 10.</summary>
    /// <param name="model">A model with a student.</param>
    /// <param name="judge">Scores the answers.</param>
    /// <param name="questions">The folder of questions, judge prompts and reference answers (FastChat's llm_judge/data/mt_bench).</param>
    /// <param name="options">How answers and judgements are sampled; null: as FastChat.</param>
    /// <returns>The scores.</returns>
    public MtBenchMetrics MtBench(ITransformer model, IChatClient judge, string questions, MtBenchOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(judge);
        var folder = MtBenchFolder.Load(questions);
        using var client = Student(model).AsChatClient();
        return Wait(() => Teacher.MtBench.RunAsync(client, judge, folder, options, "student", Progress(), _context.CancellationToken));
    }

    private JudgedMetrics Compare(IReadOnlyList<PairwiseQuestion> questions, IChatClient judge, PairwiseJudgeOptions? options) =>
        Wait(() => new PairwiseJudge(judge, options).CompareAsync(questions, Progress(), _context.CancellationToken));

    private List<(long Row, string Asked, string Reply)> Replies(ITransformer model, IDataView prompts)
    {
        var settings = Student(model).Student.Settings;
        var found = new List<(long, string, string)>();
        var watch = new TeacherProgressMeter("replies", null, Progress());
        foreach (var (row, texts) in RowSource.Read(model.Transform(prompts), _context.CancellationToken, settings.PromptColumn, settings.MessagesColumn, settings.ReplyColumn))
        {
            var asked = texts[1].Length == 0 ? texts[0] : string.Join("\n\n", (Conversation.Context(texts[0], texts[1], null, row) ?? []).Select(turn => $"{turn.Role}: {turn.Content}"));
            if (asked.Length > 0)
                found.Add((row, asked, texts[2]));
            watch.Count();
        }
        return found.Count > 0 ? found : throw new InvalidOperationException($"Evaluate: the data asks nothing: no row has a '{settings.PromptColumn}' or '{settings.MessagesColumn}'.");
    }

    /// <summary>Runs where no SynchronizationContext can wait for us.</summary>
    private static T Wait<T>(Func<Task<T>> work) => Task.Run(work).GetAwaiter().GetResult();

    private IProgress<TeacherProgress>? Progress() => _context.Progress is { } progress ? new Forward(progress) : null;

    private static StudentTransformer Student(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ModelParts.LastStudent(model) ?? throw new ArgumentException($"Evaluate: {model.GetType().Name} holds no student.", nameof(model));
    }

    private static DistilledDpoOptions? Trained(StudentTransformer student)
    {
        if (student.Info.Steps.LastOrDefault(step => step.Stage == DistilledDpoEstimator.Stage) is not { } step)
            return null;
        try
        {
            return JsonSerializer.Deserialize<DistilledDpoOptions>(step.Options, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed class Forward(IProgress<ZephyrProgress> progress) : IProgress<TeacherProgress>
    {
        public void Report(TeacherProgress value) => progress.Report(new ZephyrProgress(value.Stage, value.Done, value.Total, value.PerSecond, value.TimeLeft, new Dictionary<string, double>()));
    }
}
