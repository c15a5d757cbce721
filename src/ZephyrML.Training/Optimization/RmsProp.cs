using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>RMSprop (Hinton) as torch has it: not centred, no momentum, ε outside the root.</summary>
internal sealed class RmsProp(FlatParameters weights, TrainingOptions options) : FlatOptimizer(weights, options, states: 1)
{
    protected override void Update(Tensor p, Tensor g, Tensor[] state, double decay, double learningRate)
    {
        var v = state[0];
        if (decay != 0)
            g.add_(p, decay);
        v.mul_(Options.RmsPropAlpha).addcmul_(g, g, 1 - Options.RmsPropAlpha);
        p.addcdiv_(g, v.sqrt().add_(Options.AdamEpsilon), -learningRate);
    }
}
