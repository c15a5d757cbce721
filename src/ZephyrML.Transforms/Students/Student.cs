namespace ZephyrML.Transforms.Students;

/// <summary>A fitted student: weights that are shared, how it answers, and where it comes from. Stands as an annotation on the column of its replies.</summary>
internal sealed record Student(SharedModel Weights, StudentSettings Settings, StudentInfo Info)
{
    /// <summary>The student that it was trained from, as long as that one lives: the reference of evaluations. It is not kept alive.</summary>
    public WeakReference<SharedModel>? Origin { get; init; }
}
