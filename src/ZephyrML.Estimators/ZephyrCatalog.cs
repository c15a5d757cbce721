using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZephyrML.Evaluation;
using ZephyrML.Fitting;
using ZephyrML.Saving;
using ZephyrML.Teacher;
using ZephyrML.Transforms;
using ZephyrML.Transforms.Loading;

namespace ZephyrML;

/// <summary>The stages of the Zephyr recipe as ML.NET estimators, and what belongs to them. Got by <c>ml.Zephyr()</c>.</summary>
public sealed class ZephyrCatalog
{
    private readonly StageContext _context;

    internal ZephyrCatalog(MLContext ml, ZephyrCatalogOptions options)
    {
        // Every Register draws from the context's random numbers: one draw, here, and the context's seed decides all of ours.
        var seed = options.Seed ?? ((IHostEnvironment)ml).Register("Zephyr").Rand.Next();
        _context = new StageContext(ml, seed, options.MaxConcurrency, options.CancellationToken, options.Progress, options.CacheFolder);
        Evaluate = new EvaluateCatalog(_context);
    }

    /// <summary>Evaluations: reward accuracy, perplexity, win rates before a judge, AlpacaEval, MT-Bench.</summary>
    public EvaluateCatalog Evaluate { get; }

    /// <summary>The seed that every random choice derives from where options name none.</summary>
    public int Seed => _context.Seed;

    /// <summary>Answers prompts by a teacher and by several candidate models: Prompt -> Response, Candidates, CandidateModels. What the data has is kept.</summary>
    /// <param name="teacher">Writes the responses; null: nobody does.</param>
    /// <param name="candidates">Write the candidates; null: nobody does.</param>
    /// <param name="options">How they are asked, and which columns; null: defaults.</param>
    /// <returns>The estimator.</returns>
    public TeacherGenerateEstimator TeacherGenerate(IChatClient? teacher, CandidatePool? candidates, TeacherGenerateOptions? options = null) =>
        new(_context, teacher, candidates, options);

    /// <summary>Scores candidates as UltraFeedback does, by a chat client, and makes pairs: Candidates -> Scores, Chosen, Rejected. What the data has is kept.</summary>
    /// <param name="judge">Judges.</param>
    /// <param name="options">How pairs are made, how the judge is asked, and which columns; null: defaults.</param>
    /// <returns>The estimator.</returns>
    public RankEstimator Rank(IChatClient judge, RankOptions? options = null) => new(_context, judge, options);

    /// <summary>Scores candidates by a judge, and makes pairs: Candidates -> Scores, Chosen, Rejected. What the data has is kept.</summary>
    /// <param name="judge">Judges: recorded scores, a reward model, a rule.</param>
    /// <param name="options">How pairs are made, and which columns; null: defaults.</param>
    /// <returns>The estimator.</returns>
    public RankEstimator Rank(IAnswerJudge judge, RankOptions? options = null) => new(_context, judge, options);

    /// <summary>Distilled supervised fine-tuning: Prompt and Response, or Messages -> Reply.</summary>
    /// <param name="options">The base model, how it is trained, and which columns.</param>
    /// <returns>The estimator.</returns>
    public DistilledSftEstimator DistilledSft(DistilledSftOptions options) => new(_context, options);

    /// <summary>Distilled direct preference optimisation of the student in the data's schema (a DistilledSft stage before this one), or of option BaseModel: Prompt, Chosen, Rejected -> Reply.</summary>
    /// <param name="options">How it is trained, and which columns.</param>
    /// <returns>The estimator.</returns>
    public DistilledDpoEstimator DistilledDpo(DistilledDpoOptions options) => new(_context, null, options);

    /// <summary>Distilled direct preference optimisation of a fitted student, which stays as it is: Prompt, Chosen, Rejected -> Reply.</summary>
    /// <param name="student">The student: what DistilledSft made, or a model that has one (of several, the last).</param>
    /// <param name="options">How it is trained, and which columns.</param>
    /// <returns>The estimator.</returns>
    public DistilledDpoEstimator DistilledDpo(ITransformer student, DistilledDpoOptions options)
    {
        ArgumentNullException.ThrowIfNull(student);
        return new(_context, ModelParts.LastStudent(student)
            ?? throw new ArgumentException($"DistilledDpo: {student.GetType().Name} holds no student to start from; give what DistilledSft made, or a model with such a stage.", nameof(student)), options);
    }

    /// <summary>
    /// Grows dialogues from seeds by self-instruction: the teacher answers, refines into a new instruction, answers that, and so on. What grows data stands before a chain,
    /// since a chain keeps its rows. Lazy: the teacher is asked when rows are read; what was made stays, and further passes ask nobody.
    /// </summary>
    /// <param name="seeds">Data with a Prompt column: the first instructions.</param>
    /// <param name="teacher">Answers, refines and plays the user.</param>
    /// <param name="options">How many, which filters, and a file from which an interrupted run goes on; null: defaults.</param>
    /// <returns>Data with Messages, Prompt (the instruction) and Response.</returns>
    public IDataView SelfInstruct(IDataView seeds, IChatClient teacher, SelfInstructOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        return GrowingDialogues.Create(_context, seeds, teacher, options);
    }

    /// <summary>
    /// Loads a file of one JSON object a line (plain, or .gz). Recognised are our own column names, dialogues (messages, ShareGPT's conversations, UltraChat's data), Alpaca's instruction,
    /// input and output, preference pairs (prompt, chosen, rejected) and UltraFeedback's candidates with scores; other texts and numbers keep their names.
    /// </summary>
    /// <param name="path">The file. It is looked through once, and read again by each pass.</param>
    /// <param name="options">Names of unusual fields, and how much is read; null: defaults.</param>
    /// <returns>The data.</returns>
    /// <exception cref="InvalidDataException">The file is not as it must be; the message names file, line and field.</exception>
    public IDataView LoadJsonl(string path, JsonlOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return JsonlLoader.Load(path, (options ?? new JsonlOptions()).Copy());
    }

    /// <summary>
    /// Saves rows as a file of one JSON object a line, gzip'ed where its name ends with .gz. The file is replaced only when the new one is whole. Teacher columns that are not
    /// computed yet are computed for it, so this is also how a data set of feedback is made.
    /// </summary>
    /// <param name="data">The rows.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="format">The shape, and so the columns that are needed.</param>
    /// <returns>How many rows were saved, and how many were skipped since they lack what the shape needs (a tie has no pair, for one).</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column that the shape needs is not there, or of another type.</exception>
    public JsonlRows SaveJsonl(IDataView data, string path, JsonlFormat format)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return JsonlSaver.Save(data, path, format, _context.CancellationToken);
    }

    /// <summary>A judge that gives the scores of data once more, by prompt, answer and model: feedback that somebody recorded.</summary>
    /// <param name="scored">Data with Prompt, Candidates and Scores; CandidateModels, where it is there, tells equal answers of two models apart.</param>
    /// <param name="options">Which columns; null: the default ones.</param>
    /// <param name="name">The judge's name.</param>
    /// <returns>The judge; it asks nobody. What was not recorded gets no score, and is counted.</returns>
    public RecordedJudge RecordedJudge(IDataView scored, RankOptions? options = null, string name = "recorded")
    {
        ArgumentNullException.ThrowIfNull(scored);
        return ScoredRows.Judge(scored, (options ?? new RankOptions()).Copy(), name);
    }

    /// <summary>What the scores of data look like: pairs, ties, whether length sways the judge. <c>RankTransformer.Statistics</c> tells more, since it saw the judge at work.</summary>
    /// <param name="scored">Data with Candidates and Scores.</param>
    /// <param name="options">How pairs are made, and which columns; null: defaults.</param>
    /// <returns>The figures.</returns>
    public FeedbackStatistics FeedbackStatistics(IDataView scored, RankOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(scored);
        return ScoredRows.Statistics(scored, (options ?? new RankOptions()).Copy(), SeedStream.Derive(_context.Seed, "Rank"));
    }

    /// <summary>A model that was trained elsewhere or saved before, as a transformer to Reply: Prompt, or Messages where the data has them -> Reply. DistilledDpo can start from it, and evaluations take it as a reference.</summary>
    /// <param name="path">A folder of Hugging Face's layout, the folder of an adapter of PEFT's (which is laid on the model that its configuration names), or a GGUF file.</param>
    /// <param name="options">How it is read and answers, and which columns; null: defaults.</param>
    /// <returns>The student. Whoever disposes it last frees its weights.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder or file, or not the one that an adapter belongs to.</exception>
    /// <exception cref="FileNotFoundException">The folder lacks a file; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is malformed or not supported.</exception>
    public StudentTransformer LoadStudent(string path, StudentOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return StudentLoading.Load(_context, path, options ?? new StudentOptions());
    }

    /// <summary>The chain that needs Prompt alone: the model without its teacher and ranking stages and with its last student only. It holds the weights on its own account.</summary>
    /// <param name="model">A fitted or loaded model.</param>
    /// <returns>The chain, to be disposed on its own.</returns>
    /// <exception cref="ArgumentException">The model has no student.</exception>
    public ITransformer ForScoring(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return ModelParts.ForScoring(model);
    }

    /// <summary>A report of evaluations, headed by the model's lineage: <c>z.Report(model, w, b).Save("report.html")</c>, or .json, or .txt.</summary>
    /// <param name="model">The model; without a student it has no lineage to show.</param>
    /// <param name="results">What <see cref="Evaluate"/> gave.</param>
    /// <returns>The report, to which more can be added.</returns>
    public EvaluationReport Report(ITransformer model, params IEvaluationResult[] results)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(results);
        var report = new EvaluationReport("ZephyrML: evaluation");
        if (ModelParts.LastStudent(model) is { } student)
            report.Add(new LineageReport(student.Info));
        foreach (var result in results)
            report.Add(result);
        return report;
    }

    /// <summary>
    /// Saves a model as ML.NET does, but with the weights stored instead of compressed, so that saving and loading take a fraction of the time. The file is replaced only
    /// when the new one is whole. <c>ml.Model.Load</c> loads it.
    /// </summary>
    /// <param name="model">A fitted or loaded model.</param>
    /// <param name="inputSchema">The schema of the data that it was fitted on; null: none is saved.</param>
    /// <param name="path">The zip to write.</param>
    public void Save(ITransformer model, DataViewSchema? inputSchema, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        StoredZip.Save(_context.Ml, model, inputSchema, path, _context.CancellationToken);
    }
}
