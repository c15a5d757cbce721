namespace ZephyrML.Teacher;

/// <summary>How scores become a pair of a chosen and a rejected answer.</summary>
public sealed class PairOptions
{
    /// <summary>Which of the lower-scored answers is rejected. Default: <see cref="RejectedPolicy.Random"/>, the paper's.</summary>
    public RejectedPolicy Rejected { get; set; } = RejectedPolicy.Random;

    /// <summary>How far below the chosen answer's score the rejected one's must be, at least. Equal scores never make a pair. Default: 0.</summary>
    public float MinScoreGap { get; set; }

    /// <summary>What happens where several answers share the highest score. Default: <see cref="EqualBest.First"/>.</summary>
    public EqualBest EqualBest { get; set; } = EqualBest.First;

    /// <summary>The seed of <see cref="RejectedPolicy.Random"/>. Default: 0.</summary>
    public int Seed { get; set; }

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">Lists everything that is wrong.</exception>
    public void Validate() => new OptionErrors(nameof(PairOptions))
        .Require(Enum.IsDefined(Rejected), $"Rejected {Rejected} is not known.")
        .Require(float.IsFinite(MinScoreGap) && MinScoreGap >= 0, $"MinScoreGap must be 0 or more, not {MinScoreGap}.")
        .Require(Enum.IsDefined(EqualBest), $"EqualBest {EqualBest} is not known.")
        .Throw();
}
