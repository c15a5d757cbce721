using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>AdamW (Loshchilov and Hutter 2019).</summary>
internal sealed class AdamW(FlatParameters weights, TrainingOptions options) : FlatOptimizer(weights, options, states: 2)
{
    protected override void Update(Tensor p, Tensor g, Tensor[] state, double decay, double learningRate)
    {
        double bias1 = 1 - Math.Pow(Options.AdamBeta1, Steps), bias2 = 1 - Math.Pow(Options.AdamBeta2, Steps);
        Tensor m = state[0], v = state[1];
        m.mul_(Options.AdamBeta1).add_(g, 1 - Options.AdamBeta1);
        v.mul_(Options.AdamBeta2).addcmul_(g, g, 1 - Options.AdamBeta2);
        if (decay != 0)
            p.mul_(1 - learningRate * decay);
        p.addcdiv_(m, v.sqrt().div_(Math.Sqrt(bias2)).add_(Options.AdamEpsilon), -learningRate / bias1);
    }
}
