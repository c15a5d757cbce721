namespace TorchSharp;

/// <summary>Disposes at its end every tensor that was created on its thread since it began, but for those that were moved out.</summary>
public sealed class DisposeScope : IDisposable
{
    private DisposeScopeManager _manager;

    internal DisposeScope(DisposeScopeManager manager)
    {
        _manager = manager;
        Outer = manager.Current;
        manager.Current = this;
    }

    internal DisposeScope Outer { get; set; }

    internal HashSet<IDisposable> Disposables { get; private set; } = new(ReferenceEqualityComparer.Instance);

    public int DisposablesCount => Disposables.Count;

    public IReadOnlyList<IDisposable> DisposablesView => Disposables.ToList();

    public bool Contains(IDisposable disposable) => Disposables.Contains(disposable);

    public T MoveToOuter<T>(T disposable) where T : IDisposable { MoveToOther(Outer, (IDisposable)disposable); return disposable; }
    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable => MoveToOther(Outer, first, second);
    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third) where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
        => MoveToOther(Outer, first, second, third);
    public void MoveToOuter(params IDisposable[] disposables) => MoveToOther(Outer, (IEnumerable<IDisposable>)disposables);
    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(Outer, disposables);

    public T MoveToOther<T>(DisposeScope scope, T disposable) where T : IDisposable { MoveToOther(scope, (IEnumerable<IDisposable>)[disposable]); return disposable; }
    public (T1 first, T2 second) MoveToOther<T1, T2>(DisposeScope scope, T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        MoveToOther(scope, (IEnumerable<IDisposable>)[first, second]);
        return (first, second);
    }
    public (T1 first, T2 second, T3 third) MoveToOther<T1, T2, T3>(DisposeScope scope, T1 first, T2 second, T3 third) where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        MoveToOther(scope, (IEnumerable<IDisposable>)[first, second, third]);
        return (first, second, third);
    }
    public void MoveToOther(DisposeScope scope, params IDisposable[] disposables) => MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    /// <summary>Without a scope to move to, the disposables are detached: nobody's but the caller's.</summary>
    public void MoveToOther(DisposeScope scope, IEnumerable<IDisposable> disposables)
    {
        Check();
        if (scope is null) { Detach(disposables); return; }
        foreach (var d in disposables)
            if (Disposables.Contains(d)) Take(scope, d);
    }

    public T Detach<T>(T disposable) where T : IDisposable { Detach((IEnumerable<IDisposable>)[disposable]); return disposable; }
    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        Detach((IEnumerable<IDisposable>)[first, second]);
        return (first, second);
    }
    public (T1 first, T2 second, T3 third) Detach<T1, T2, T3>(T1 first, T2 second, T3 third) where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        Detach((IEnumerable<IDisposable>)[first, second, third]);
        return (first, second, third);
    }
    public void Detach(params IDisposable[] disposables) => Detach((IEnumerable<IDisposable>)disposables);
    public void Detach(IEnumerable<IDisposable> disposables)
    {
        Check();
        foreach (var d in disposables)
        {
            if (!Disposables.Remove(d) || d is not torch.Tensor t) continue;
            _manager.Counts.TensorStatistics.DetachedFromScopeCount++;
            t.OwningDisposeScope = null;
        }
    }

    public void Attach(IDisposable disposable) => Attach((IEnumerable<IDisposable>)[disposable]);
    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);
    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        Check();
        var all = disposables.ToList();
        foreach (var d in all)
            if (Take(this, d)) _manager.Counts.TensorStatistics.AttachedToScopeCount++;
        return all;
    }

    public void DisposeEverything() => DisposeEverythingBut((IEnumerable<IDisposable>)[]);
    public T DisposeEverythingBut<T>(T keep) where T : IDisposable { DisposeEverythingBut((IEnumerable<IDisposable>)[keep]); return keep; }
    public (T1 first, T2 second) DisposeEverythingBut<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second]);
        return (first, second);
    }
    public (T1 first, T2 second, T3 third) DisposeEverythingBut<T1, T2, T3>(T1 first, T2 second, T3 third) where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second, third]);
        return (first, second, third);
    }
    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);
    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        Check();
        var all = Disposables;
        Disposables = new(inKeep, ReferenceEqualityComparer.Instance);
        foreach (var d in all)
            if (!Disposables.Contains(d)) d.Dispose();
    }

    /// <summary>For disposables that were disposed by hand: the scope forgets them.</summary>
    public void MarkAsDisposed(IDisposable disposable)
    {
        Check();
        Forget(disposable);
    }

    public void Dispose()
    {
        if (_manager is null) return;
        DisposeEverything();
        _manager.Remove(this);
        _manager = null;
    }

    internal void Forget(IDisposable disposable)
    {
        Disposables.Remove(disposable);
        if (disposable is torch.Tensor t) t.OwningDisposeScope = null;
    }

    /// <summary>Puts another tensor in one's place, where that one is in a scope.</summary>
    internal static void Replace(torch.Tensor original, torch.Tensor replacement)
    {
        var scope = original.OwningDisposeScope;
        if (scope is null || !scope.Disposables.Remove(original)) return;
        original.OwningDisposeScope = null;
        Take(scope, replacement);
    }

    private static bool Take(DisposeScope scope, IDisposable disposable)
    {
        if (disposable is not torch.Tensor t) throw new InvalidOperationException("A dispose scope manages tensors only.");
        var old = t.OwningDisposeScope;
        if (old == scope) return false;
        scope.Disposables.Add(t);
        old?.Disposables.Remove(t);
        t.OwningDisposeScope = scope;
        return true;
    }

    private void Check() => ObjectDisposedException.ThrowIf(_manager is null, this);
}
