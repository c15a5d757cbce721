using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Estimators.Tests;

/// <summary>Who owns a student's weights: every handle one share; the last one frees them.</summary>
[TestClass]
public sealed class OwnershipTests
{
    [TestMethod]
    public void AnEngineThatIsDisposedLeavesTheOthersWorking()
    {
        using var lab = new Lab();
        var student = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var weights = student.Student.Weights;
        var first = lab.Ml.Model.CreatePredictionEngine<Prompt, Reply>(student);
        var second = lab.Ml.Model.CreatePredictionEngine<Prompt, Reply>(student);
        var reply = first.Predict(new Prompt { Text = "a" }).Text;
        first.Dispose();
        Assert.AreEqual(reply, second.Predict(new Prompt { Text = "a" }).Text);
        using (var third = lab.Ml.Model.CreatePredictionEngine<Prompt, Reply>(student))
            Assert.AreEqual(reply, third.Predict(new Prompt { Text = "a" }).Text);
        Assert.AreEqual(reply, student.Transform(lab.Rows(new Lab.Row { Prompt = "a" })).GetColumn<string>("Reply").Single());
        second.Dispose();
        Assert.AreEqual(1, weights.Holders);
        student.Dispose();
        Assert.AreEqual(0, weights.Holders);
        Assert.Throws<ObjectDisposedException>(() => student.Transform(lab.Prompts));
        Assert.Throws<ObjectDisposedException>(() => lab.Ml.Model.CreatePredictionEngine<Prompt, Reply>(student));
        Assert.Throws<ObjectDisposedException>(() => weights.Model);
        student.Dispose();
    }

    [TestMethod]
    public void AViewOfADisposedStudentSaysSo()
    {
        using var lab = new Lab();
        var student = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var view = student.Transform(lab.Prompts);
        using var cursor = view.GetRowCursor([view.Schema["Reply"]]);
        var getter = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Reply"]);
        ReadOnlyMemory<char> reply = default;
        cursor.MoveNext();
        getter(ref reply);
        student.Dispose();
        while (cursor.MoveNext())
            getter(ref reply);
        Assert.AreEqual(1, student.Student.Weights.Holders, "an open cursor holds the weights");
        cursor.Dispose();
        Assert.AreEqual(0, student.Student.Weights.Holders);
        Assert.Throws<ObjectDisposedException>(() => view.GetColumn<string>("Reply").ToList());
    }

    [TestMethod]
    public void AChainDisposesItsStudentsAndScoringHasItsOwnShare()
    {
        using var lab = new Lab();
        var model = lab.Recipe();
        var weights = model.LastTransformer.Student.Weights;
        var scoring = (TransformerChain<ITransformer>)lab.Z.ForScoring(model);
        Assert.HasCount(1, scoring.ToList(), "the last student alone");
        Assert.AreEqual(2, weights.Holders);
        var replies = scoring.Transform(lab.Prompts).GetColumn<string>("Reply").ToList();
        model.Dispose();
        Assert.AreEqual(1, weights.Holders);
        CollectionAssert.AreEqual(replies, scoring.Transform(lab.Prompts).GetColumn<string>("Reply").ToList());
        scoring.Dispose();
        Assert.AreEqual(0, weights.Holders);
    }

    [TestMethod]
    public void EnginesOverOneChainWorkOnWhenOneIsDisposed()
    {
        using var lab = new Lab();
        using var model = lab.Recipe();
        var first = lab.Ml.Model.CreatePredictionEngine<Prompt, Reply>(model);
        using var second = lab.Ml.Model.CreatePredictionEngine<Prompt, Reply>(model);
        var reply = first.Predict(new Prompt { Text = "a" }).Text;
        first.Dispose();
        Assert.AreEqual(reply, second.Predict(new Prompt { Text = "a" }).Text);
        CollectionAssert.AreEqual(new[] { reply }, lab.Ask(model, "a"));
    }

    [TestMethod]
    public void EnginesOfManyThreadsShareOneStudent()
    {
        using var lab = new Lab();
        using var student = lab.Z.DistilledSft(lab.Sft).Fit(lab.Chats);
        var expected = lab.Ask(student, Lab.Questions);
        Parallel.For(0, 4, _ => CollectionAssert.AreEqual(expected, lab.Ask(student, Lab.Questions)));
        Assert.AreEqual(1, student.Student.Weights.Holders);
    }

    [TestMethod]
    public void ScoringNeedsPromptAlone()
    {
        using var lab = new Lab();
        var rows = lab.Ml.Data.LoadFromEnumerable(new List<Scored> { new() { Prompt = "a", Candidates = ["b", "ccc"], Response = "d" } });
        // Rank reads Candidates, which nobody has at scoring.
        using var model = lab.Z.Rank(lab.Judge).Append(lab.Z.DistilledSft(lab.Sft)).Append(lab.Z.DistilledDpo(lab.Dpo)).Fit(rows);
        Assert.Throws<ArgumentOutOfRangeException>(() => lab.Ask(model, "a"));
        Assert.HasCount(1, lab.Ask(lab.Z.ForScoring(model), "a"));
        Assert.Throws<ArgumentException>(() => lab.Z.ForScoring(model.First()));
    }

    private sealed class Scored
    {
        public string Prompt { get; set; } = "";

        public string Response { get; set; } = "";

        public string[] Candidates { get; set; } = [];
    }
}
