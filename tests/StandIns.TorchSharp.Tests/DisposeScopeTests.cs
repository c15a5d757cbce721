using TorchSharp;
using static TorchSharp.torch;

namespace StandIns.TorchSharpTests;

[TestClass]
public class DisposeScopeTests
{
    [TestMethod]
    public void AScopeDisposesWhatWasMadeInIt()
    {
        Tensor inner, outer, kept;
        using (var scope = NewDisposeScope())
        {
            using (var nested = NewDisposeScope())
            {
                inner = zeros(1);
                outer = zeros(1).MoveToOuterDisposeScope();
                kept = zeros(1).DetachFromDisposeScope();
                Assert.AreEqual(1, nested.DisposablesCount);
            }
            Assert.IsTrue(inner.IsInvalid);
            Assert.IsFalse(outer.IsInvalid);
            Assert.IsTrue(scope.Contains(outer));
        }
        Assert.IsTrue(outer.IsInvalid);
        Assert.IsFalse(kept.IsInvalid);
        kept.Dispose();
        Assert.ThrowsExactly<InvalidOperationException>(() => kept + 1);
    }

    [TestMethod]
    public void OutsideOfAllScopesMovingOutDetaches()
    {
        Tensor t;
        using (NewDisposeScope()) t = ones(2).MoveToOuterDisposeScope();
        Assert.AreEqual(2f, t.sum().ToSingle());
        t.Dispose();
    }

    [TestMethod]
    public void MovingToAnotherScopeAndAttaching()
    {
        var far = NewDisposeScope();
        var near = NewDisposeScope();
        var a = zeros(1).MoveToOtherDisposeScope(far);
        var b = zeros(1).DetachFromDisposeScope();
        far.Attach(b);
        near.Dispose();
        Assert.IsFalse(a.IsInvalid || b.IsInvalid);
        far.Dispose();
        Assert.IsTrue(a.IsInvalid && b.IsInvalid);
    }

    [TestMethod]
    public void DisposeEverythingBut()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (zeros(1), zeros(1));
        scope.DisposeEverythingBut(a);
        Assert.IsTrue(b.IsInvalid);
        Assert.IsFalse(a.IsInvalid);
        Assert.AreEqual(1, scope.DisposablesCount);
    }

    [TestMethod]
    public void StatisticsStayFlat()
    {
        manual_seed(1);
        var w = randn(8, 8, requires_grad: true).DetachFromDisposeScope();
        Step(w);
        var statistics = DisposeScopeManager.Statistics;
        long live = statistics.ThreadTotalLiveCount, total = Tensor.TotalCount, tensors = statistics.TensorStatistics.ThreadTotalLiveCount;
        for (int i = 0; i < 1000; i++) Step(w);
        Assert.AreEqual(live, statistics.ThreadTotalLiveCount);
        Assert.AreEqual(tensors, statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.IsTrue(Tensor.TotalCount <= total + 50, $"{Tensor.TotalCount} tensors, {total} before");   // other tests' tensors may come and go meanwhile
        w.Dispose();

        static void Step(Tensor w)
        {
            using var scope = NewDisposeScope();
            var x = ones(2, 8);
            var y = nn.functional.silu(x.matmul(w)).sum();
            y.backward();
            using (no_grad()) w.sub_(w.grad * 1e-3);
            w.grad = null;
        }
    }

    [TestMethod]
    public void StatisticsCount()
    {
        var s = DisposeScopeManager.Statistics.TensorStatistics;
        s.Reset();
        var outside = zeros(1);
        using (NewDisposeScope())
        {
            var a = zeros(1);
            _ = zeros(1);
            a.DetachFromDisposeScope().Dispose();
        }
        outside.Dispose();
        Assert.AreEqual(1, s.CreatedOutsideScopeCount);
        Assert.AreEqual(2, s.CreatedInScopeCount);
        Assert.AreEqual(1, s.DisposedInScopeCount);
        Assert.AreEqual(2, s.DisposedOutsideScopeCount);
        Assert.AreEqual(1, s.DetachedFromScopeCount);
        Assert.AreEqual(0, s.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void ScopesAreOfTheThread()
    {
        using var here = NewDisposeScope();
        Tensor t = null;
        var thread = new Thread(() => { Assert.IsNull(CurrentDisposeScope); t = zeros(1); });
        thread.Start();
        thread.Join();
        Assert.AreEqual(0, here.DisposablesCount);
        t.Dispose();
    }

    [TestMethod]
    public void ForgottenTensorsAreFreedByTheCollector()
    {
        Make();
        long most = Tensor.TotalCount;
        for (int i = 0; i < 20 && Tensor.TotalCount > most - 50; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.IsTrue(Tensor.TotalCount <= most - 50, $"{Tensor.TotalCount} of {most}");

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static void Make() { for (int i = 0; i < 100; i++) _ = zeros(1000); }
    }
}
