using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>Lion (Chen et al. 2023, arXiv 2302.06675, algorithm 2).</summary>
internal sealed class Lion(FlatParameters weights, TrainingOptions options) : FlatOptimizer(weights, options, states: 1)
{
    protected override void Update(Tensor p, Tensor g, Tensor[] state, double decay, double learningRate)
    {
        var m = state[0];
        if (decay != 0)
            p.mul_(1 - learningRate * decay);
        p.add_(m.mul(Options.AdamBeta1).add_(g, 1 - Options.AdamBeta1).sign_(), -learningRate);
        m.mul_(Options.AdamBeta2).add_(g, 1 - Options.AdamBeta2);
    }
}
