using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Tests;

/// <summary>Passes over teacher stages: what fails and is skipped, what is told, and many cursors at once.</summary>
[TestClass]
public sealed class PassTests
{
    [TestMethod]
    public void SkippedFailuresAreMissingAndTheRestGoesOn()
    {
        var desk = new Desk(teacher: prompt => prompt is "prompt 3" or "prompt 7" ? throw new InvalidOperationException("no luck") : prompt.ToUpperInvariant());
        var data = desk.Prompts(20);
        var view = desk.Z.TeacherGenerate(desk.Teacher, desk.Pool, new() { OnTeacherFailure = OnTeacherFailure.Skip }).Fit(data).Transform(data);
        CollectionAssert.AreEqual(Enumerable.Range(0, 20).Select(i => i is 3 or 7 ? "" : $"PROMPT {i}").ToArray(), view.GetColumn<string>("Response").ToArray());
        var warnings = desk.Warnings.Where(w => w.Contains("goes on without", StringComparison.Ordinal)).ToList();
        Assert.HasCount(1, warnings, "said once");
        StringAssert.Contains(warnings[0], "no luck");
        Assert.IsTrue(view.GetColumn<string[]>("Candidates").All(c => c.Length == 3));
    }

    [TestMethod]
    public void TooManySkippedFailuresStopThePass()
    {
        var desk = new Desk(teacher: prompt => prompt.EndsWith('1') ? throw new InvalidOperationException("no luck") : prompt);
        var data = desk.Prompts(40);
        IDataView View(double most) => desk.Z.TeacherGenerate(desk.Teacher, null, new() { OnTeacherFailure = OnTeacherFailure.Skip, MaxFailedFraction = most }).Fit(data).Transform(data);
        Assert.HasCount(40, View(0.1).GetColumn<string>("Response").ToList());
        var error = Assert.ThrowsExactly<TeacherException>(() => View(0.05).GetColumn<string>("Response").ToList());
        StringAssert.StartsWith(error.Message, "TeacherGenerate: 3 of ");
        StringAssert.Contains(error.Message, "more than MaxFailedFraction (0.05) allows of 40. The last one: Row ");
        Assert.Throws<TeacherException>(() => View(0).GetColumn<string>("Response").ToList());
        var wrong = Assert.ThrowsExactly<ArgumentException>(() => View(1.5));
        StringAssert.Contains(wrong.Message, "MaxFailedFraction");
    }

    [TestMethod]
    public void AJudgeThatFailsLeavesScoresMissing()
    {
        var desk = new Desk();
        var rows = Enumerable.Range(0, 20).Select(i => new Row { Prompt = $"prompt {i}", Candidates = ["a", "bb"] }).ToList();
        var judge = new PickyJudge(request => request.Prompt is "prompt 4" ? throw new TeacherException("tired") : new Judgement([1, 2]));
        var data = desk.Ml.Data.LoadFromEnumerable(rows);
        var model = desk.Z.Rank(judge, new() { OnTeacherFailure = OnTeacherFailure.Skip }).Fit(data);
        var view = model.Transform(data);
        CollectionAssert.AreEqual(Enumerable.Range(0, 20).Select(i => i == 4 ? "" : "bb").ToArray(), view.GetColumn<string>("Chosen").ToArray());
        Assert.AreEqual((20, 19, 1), (model.Statistics.Rows, model.Statistics.Paired, model.Statistics.Failed));
        var stopping = desk.Z.Rank(judge).Fit(data).Transform(data);
        StringAssert.Contains(Assert.ThrowsExactly<TeacherException>(() => stopping.GetColumn<string>("Chosen").ToList()).Message, "tired");
        var budget = desk.Z.Rank(new PickyJudge(_ => throw new BudgetExceededException("no money")), new() { OnTeacherFailure = OnTeacherFailure.Skip, MaxFailedFraction = 1 }).Fit(data).Transform(data);
        Assert.ThrowsExactly<BudgetExceededException>(() => budget.GetColumn<string>("Chosen").ToList());
    }

    [TestMethod]
    public void ThePassIsToldToTheLogAndToTheCatalogsProgress()
    {
        var desk = new Desk();
        var (told, infos) = (new List<ZephyrProgress>(), new List<string>());
        desk.Ml.Log += (_, e) =>
        {
            lock (infos)
            {
                if (e.Kind == ChannelMessageKind.Info)
                    infos.Add(e.Message);
            }
        };
        var z = desk.Ml.Zephyr(o => o.Progress = new Told(told));
        var data = desk.Prompts(12);
        var chain = z.TeacherGenerate(desk.Teacher, desk.Pool).Append(z.Rank(desk.Judge)).Fit(data);
        _ = chain.Transform(data).GetColumn<string>("Chosen").ToList();
        var rank = told.Where(p => p.Stage == "Rank").ToList();
        Assert.AreEqual((12L, (long?)12, 12.0, 0.0), (rank[^1].Done, rank[^1].Total, rank[^1].Metrics["asked"], rank[^1].Metrics["failed"]));
        Assert.IsTrue(told.Exists(p => p is { Stage: "TeacherGenerate", Done: 12 }));
        StringAssert.Contains(infos.Single(i => i.Contains("TeacherGenerate: ", StringComparison.Ordinal)), "TeacherGenerate: 12 of 12 rows, 12 asked about, 0 failed");
        var line = infos.Single(i => i.Contains("Rank: ", StringComparison.Ordinal));
        StringAssert.Contains(line, "12 rows, 12 judged: 12 paired, 0 ties");
        StringAssert.Contains(line, "longer wins 1.000");
        Assert.AreEqual(1, chain.LastTransformer.Statistics.LongerWins);
    }

    [TestMethod]
    public void OneSlowAnswerHoldsUpNobodyButItsReader()
    {
        // row 8 answers when six later ones have: more than there are places beside it
        using var later = new CountdownEvent(6);
        var desk = new Desk(maxConcurrency: 4, teacher: prompt =>
        {
            var row = int.Parse(prompt["prompt ".Length..], System.Globalization.CultureInfo.InvariantCulture);
            if (row == 8)
                return later.Wait(TimeSpan.FromSeconds(20)) ? prompt : "gave up";
            if (row > 8 && !later.IsSet)
                later.Signal();
            return prompt;
        });
        var data = desk.Prompts(30);
        var view = desk.Z.TeacherGenerate(desk.Teacher, null).Fit(data).Transform(data);
        CollectionAssert.AreEqual(Enumerable.Range(0, 30).Select(i => $"prompt {i}").ToArray(), view.GetColumn<string>("Response").ToArray());
        Assert.IsLessThanOrEqualTo(4, desk.Teacher.MostAtOnce);
        Assert.AreEqual(30, desk.Teacher.Calls);
    }

    [TestMethod]
    public void CursorSetsAndParallelCursorsSeeTheSameRows()
    {
        var desk = new Desk(maxConcurrency: 8, delay: TimeSpan.FromMilliseconds(2));
        var data = desk.Prompts(40);
        var view = desk.Chain(data).Transform(data);
        var expected = Enumerable.Range(0, 40).Select(i => $"teacher: prompt {i}").ToList();
        List<string> Read(DataViewRowCursor cursor)
        {
            var (rows, value) = (new List<string>(), default(ReadOnlyMemory<char>));
            using (cursor)
            {
                var getter = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Response"]);
                while (cursor.MoveNext())
                {
                    getter(ref value);
                    rows.Add(value.ToString());
                }
            }
            return rows;
        }
        CollectionAssert.AreEquivalent(expected, view.GetRowCursorSet([view.Schema["Response"]], 4).SelectMany(Read).ToList());
        var before = desk.Teacher.Calls;
        var threads = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() => Read(view.GetRowCursor([view.Schema["Response"]])), TaskCreationOptions.LongRunning)).ToArray();
        Task.WaitAll(threads);
        foreach (var thread in threads)
            CollectionAssert.AreEqual(expected, thread.Result);
        Assert.IsLessThanOrEqualTo(4 * 40, desk.Teacher.Calls - before);
        Assert.IsLessThanOrEqualTo(8, desk.Teacher.MostAtOnce);
        CollectionAssert.AreEqual(expected, Read(view.GetRowCursor([view.Schema["Response"]])), "and again");
    }

    [TestMethod]
    public void NothingHangsOnAThreadThatServesASynchronizationContext()
    {
        // like a window's: what is posted runs on the one thread, and that thread is busy reading
        Exception? failure = null;
        var rows = new List<string>();
        var thread = new Thread(() =>
        {
            using var context = new OneThread();
            SynchronizationContext.SetSynchronizationContext(context);
            try
            {
                var desk = new Desk(maxConcurrency: 4, delay: TimeSpan.FromMilliseconds(1));
                var data = desk.Prompts(10);
                rows.AddRange(desk.Chain(data).Transform(data).GetColumn<string>("Chosen"));
                rows.AddRange(desk.Z.SelfInstruct(data, desk.Teacher, new() { Refinements = 0, Rounds = 2 }).GetColumn<string>("Response"));
                using var engine = desk.Ml.Model.CreatePredictionEngine<Prompt, Row>(desk.Chain(data));
                rows.Add(engine.Predict(new Prompt { Text = "one" }).Chosen);
            }
            catch (Exception e)
            {
                failure = e;
            }
        }) { IsBackground = true };
        thread.Start();
        Assert.IsTrue(thread.Join(TimeSpan.FromSeconds(60)), "it hangs");
        Assert.IsNull(failure, failure?.ToString());
        Assert.HasCount(21, rows);
    }

    [TestMethod]
    public void PrinciplesFollowTheSource()
    {
        var desk = new Desk();
        var data = desk.Ml.Data.LoadFromEnumerable(new List<Row> { new() { Prompt = "p", source = "evol_instruct" }, new() { Prompt = "q", source = "false_qa" } });
        var view = desk.Z.TeacherGenerate(desk.Teacher, desk.Pool, new() { Principles = PrincipleMix.BySource }).Fit(data).Transform(data);
        Assert.HasCount(2, view.GetColumn<string[]>("Candidates").ToList());
        Assert.AreEqual(PrincipleMix.Facts, Source("truthful_qa"));
        Assert.AreEqual(PrincipleMix.Tasks, Source("flan_v2_cot"));
        Assert.AreEqual(PrincipleMix.Dialogue, Source(null));

        static PrincipleMix Source(string? name) => (PrincipleMix)typeof(AnswerGenerator).Assembly.GetType("ZephyrML.Teacher.Principles")!.GetMethod("For")!.Invoke(null, [PrincipleMix.BySource, name])!;
    }

    private sealed class Row
    {
        public string Prompt { get; set; } = "";

        public string[] Candidates { get; set; } = [];

        public string Chosen { get; set; } = "";

#pragma warning disable IDE1006 // UltraFeedback's own name
        public string source { get; set; } = "";
#pragma warning restore IDE1006
    }

    private sealed class PickyJudge(Func<JudgeRequest, Judgement> judge) : IAnswerJudge
    {
        public string Name => "picky";

        public async Task<Judgement> JudgeAsync(JudgeRequest request, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            return judge(request);
        }
    }

    private sealed class Told(List<ZephyrProgress> list) : IProgress<ZephyrProgress>
    {
        public void Report(ZephyrProgress value)
        {
            lock (list)
                list.Add(value);
        }
    }

    /// <summary>Queues what is posted for its own thread, which never comes to it while it reads data.</summary>
    private sealed class OneThread : SynchronizationContext, IDisposable
    {
        private readonly System.Collections.Concurrent.BlockingCollection<(SendOrPostCallback Call, object? State)> _queue = [];

        public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

        public override void Send(SendOrPostCallback d, object? state) => throw new InvalidOperationException("Sent to a busy thread.");

        public void Dispose() => _queue.Dispose();
    }
}
