namespace TorchSharp;

/// <summary>The dispose scopes of one thread: which is current, and the counts.</summary>
public class DisposeScopeManager
{
    [ThreadStatic] private static DisposeScopeManager s_ofThread;

    internal static DisposeScopeManager OfThread => s_ofThread ??= new DisposeScopeManager();

    internal ThreadDisposeScopeStatistics Counts { get; } = new();

    internal DisposeScope Current { get; set; }

    public static ThreadDisposeScopeStatistics Statistics => OfThread.Counts;

    internal DisposeScope Register(torch.Tensor tensor)
    {
        if (Current is null) { Counts.TensorStatistics.CreatedOutsideScopeCount++; return null; }
        Counts.TensorStatistics.CreatedInScopeCount++;
        Current.Disposables.Add(tensor);
        return Current;
    }

    internal void Disposing(torch.Tensor tensor)
    {
        if (tensor.OwningDisposeScope is null) Counts.TensorStatistics.DisposedOutsideScopeCount++;
        else Counts.TensorStatistics.DisposedInScopeCount++;
    }

    /// <summary>Takes a scope out of the nesting, also when it is not the innermost.</summary>
    internal void Remove(DisposeScope scope)
    {
        if (Current == scope) { Current = scope.Outer; return; }
        for (var s = Current; s is not null; s = s.Outer)
            if (s.Outer == scope) { s.Outer = scope.Outer; return; }
    }
}
