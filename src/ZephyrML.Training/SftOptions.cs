namespace ZephyrML.Training;

/// <summary>
/// Options of distilled supervised fine-tuning (dSFT): cross-entropy on the assistant's tokens of the teacher's dialogues.
/// The Zephyr paper: 1 to 3 epochs, cosine, peak rate 2e-5, warm-up 10%, packed rows of 2048 tokens, 512 rows a step.
/// </summary>
public class SftOptions : TrainingOptions
{
    /// <summary>Options with the defaults of the paper.</summary>
    public SftOptions()
    {
        LearningRate = 2e-5;
        Schedule = LearningRateSchedule.Cosine;
        MaxLength = 2048;
    }

    /// <summary>How rows share the length <see cref="TrainingOptions.MaxLength"/>. Default <see cref="Packing.BestFit"/>.</summary>
    public Packing Packing { get; set; } = Packing.BestFit;

    /// <summary>How rows of evaluations are packed; null: as <see cref="Packing"/> says. Default null.</summary>
    public Packing? EvaluationPacking { get; set; }

    /// <summary>The loss of a supervised token. Default <see cref="SftLoss.NegativeLogLikelihood"/>.</summary>
    public SftLoss Loss { get; set; }

    /// <inheritdoc/>
    protected override IEnumerable<string> Problems()
    {
        foreach (var problem in base.Problems())
            yield return problem;
        if (!Enum.IsDefined(Loss))
            yield return $"{nameof(Loss)} must be one of {string.Join(", ", Enum.GetNames<SftLoss>())}, not {Loss}.";
        if (!Enum.IsDefined(Packing))
            yield return $"{nameof(Packing)} must be one of {string.Join(", ", Enum.GetNames<Packing>())}, not {Packing}.";
        if (EvaluationPacking is { } held && !Enum.IsDefined(held))
            yield return $"{nameof(EvaluationPacking)} must be null or one of {string.Join(", ", Enum.GetNames<Packing>())}, not {held}.";
    }
}
