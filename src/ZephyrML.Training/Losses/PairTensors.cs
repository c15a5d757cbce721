using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>Summed log-probabilities and numbers of completion tokens of B pairs, each (B), float32.</summary>
internal readonly record struct PairTensors(Tensor PolicyChosen, Tensor PolicyRejected, Tensor ReferenceChosen, Tensor ReferenceRejected, Tensor ChosenLengths, Tensor RejectedLengths);
