namespace ZephyrML.Teacher;

/// <summary>One step of self-instruct: which pass over the seeds, which round of refinement in it (0 in pass 0 only: the seed itself is answered), which seed.</summary>
internal readonly record struct SelfInstructStep(int Pass, int Round, int Seed)
{
    public SelfInstructStep Next(int seeds, int rounds) =>
        Seed + 1 < seeds ? this with { Seed = Seed + 1 }
        : Round + 1 <= rounds ? new(Pass, Round + 1, 0)
        : new(Pass + 1, 1, 0);

    public override string ToString() => $"pass {Pass}, round {Round}, seed {Seed}";
}
