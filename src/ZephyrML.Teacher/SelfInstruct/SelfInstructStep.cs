namespace ZephyrML.Teacher;

/// <summary>
/// One step of self-instruct: which pass over the seeds, which refinement in it (0 in pass 0 only: the seed itself is answered), which seed.
/// </summary>
internal readonly record struct SelfInstructStep(int Pass, int Refinement, int Seed)
{
    public SelfInstructStep Next(int seeds, int refinements) =>
        Seed + 1 < seeds ? this with { Seed = Seed + 1 }
        : Refinement + 1 <= refinements ? new(Pass, Refinement + 1, 0)
        : new(Pass + 1, 1, 0);

    /// <summary>Its place among all steps.</summary>
    public long Place(int seeds, int refinements) => (((long)Pass * refinements) + Refinement) * seeds + Seed;

    public override string ToString() => $"pass {Pass}, refinement {Refinement}, seed {Seed}";
}
