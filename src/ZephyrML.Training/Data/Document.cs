namespace ZephyrML.Training;

/// <summary>One sequence of a batch: the first <paramref name="Length"/> of its ids, and which of them are to be learned.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Length">How many of them count.</param>
/// <param name="Supervised">A mark for each id, or null: all from <paramref name="SupervisedFrom"/> on.</param>
/// <param name="SupervisedFrom">The first supervised token where there are no marks.</param>
internal readonly record struct Document(int[] Ids, int Length, bool[]? Supervised, int SupervisedFrom = 0)
{
    /// <summary>Whether token i is a target: the first one of a sequence never is, since nothing predicts it.</summary>
    public bool IsTarget(int i) => i > 0 && (Supervised is null ? i >= SupervisedFrom : Supervised[i]);
}
