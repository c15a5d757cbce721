using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML.Teacher;

namespace ZephyrML.Transforms.Tests;

/// <summary>Several rows at the same time: bounded, in order, without a deadlock, with errors where they belong.</summary>
[TestClass]
public sealed class LookAheadTests
{
    [TestMethod]
    public void RowsRunTogetherWithinTheBoundAndStayInOrder()
    {
        var desk = new Desk(maxConcurrency: 3, delay: TimeSpan.FromMilliseconds(15));
        var data = desk.Prompts(20);
        var responses = desk.Chain(data).Transform(data).GetColumn<string>("Response").ToList();
        CollectionAssert.AreEqual(Enumerable.Range(0, 20).Select(i => $"teacher: prompt {i}").ToList(), responses);
        Assert.AreEqual(20, desk.Teacher.Calls);
        Assert.IsLessThanOrEqualTo(3, desk.Teacher.MostAtOnce);
        Assert.IsGreaterThan(1, desk.Teacher.MostAtOnce);
    }

    [TestMethod]
    public void ACarelessClientUnderASynchronizationContextDoesNotHang()
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new Nobody());
        try
        {
            var desk = new Desk(delay: TimeSpan.FromMilliseconds(1));
            var data = desk.Prompts(5);
            Assert.HasCount(5, desk.Chain(data).Transform(data).GetColumn<string>("Chosen").ToList());
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    [TestMethod]
    public void AFailureSurfacesAtItsRow()
    {
        var desk = new Desk(maxConcurrency: 8, teacher: prompt => prompt == "prompt 6" ? throw new InvalidOperationException("no luck") : prompt);
        var data = desk.Prompts(10);
        var view = desk.Chain(data).Transform(data);
        using var cursor = view.GetRowCursor([view.Schema["Response"], view.Schema["Chosen"]]);
        var response = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Response"]);
        var chosen = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Chosen"]);
        ReadOnlyMemory<char> value = default;
        for (var row = 0; row < 6; row++)
        {
            Assert.IsTrue(cursor.MoveNext());
            response(ref value);
            chosen(ref value);
        }
        Assert.IsTrue(cursor.MoveNext());
        var error = Assert.Throws<TeacherException>(() => response(ref value));
        StringAssert.Contains(error.Message, "Row 6");
        StringAssert.Contains(error.Message, "no luck");
        Assert.Throws<TeacherException>(() => chosen(ref value));
        Assert.IsTrue(cursor.MoveNext());
        response(ref value);
        Assert.AreEqual("prompt 7", value.ToString());
    }

    [TestMethod]
    public void CancellationEndsThePass()
    {
        using var source = new CancellationTokenSource();
        var desk = new Desk(delay: TimeSpan.FromSeconds(30), cancellationToken: source.Token);
        var data = desk.Prompts(5);
        var view = desk.Chain(data).Transform(data);
        source.CancelAfter(50);
        Assert.Throws<OperationCanceledException>(() => view.GetColumn<string>("Response").ToList());
    }

    /// <summary>Runs nothing that is posted to it: whoever waits for that waits forever.</summary>
    private sealed class Nobody : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }

        public override void Send(SendOrPostCallback d, object? state)
        {
        }
    }
}
