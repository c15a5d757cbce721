using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>Summed log-probabilities and numbers of completion tokens of B pairs, each (B), float32.</summary>
internal readonly record struct PairTensors(Tensor PolicyChosen, Tensor PolicyRejected, Tensor ReferenceChosen, Tensor ReferenceRejected, Tensor ChosenLengths, Tensor RejectedLengths)
{
    /// <summary>The mean over all chosen targets of −log π, a scalar; null: that of the sums and lengths.</summary>
    public Tensor? ChosenCrossEntropy { get; init; }

    /// <summary>WPO's weight of each pair, (B), without gradient; null: 1 each.</summary>
    public Tensor? Weights { get; init; }
}
