using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.Saving;
using ZephyrML.Transforms.Students;

namespace ZephyrML.Evaluation;

/// <summary>Finds the model that a student's rewards are measured against: the one that its last step started from.</summary>
internal static class ReferenceStudent
{
    /// <summary>The reference's network, and what holds it until it is disposed.</summary>
    /// <param name="model">The model under evaluation.</param>
    /// <param name="student">Its last student.</param>
    /// <param name="given">The reference that the caller names, or null.</param>
    /// <exception cref="ArgumentException">It is nowhere to be found, or the one given is not what the student was trained from.</exception>
    public static (CausalLM Network, IDisposable Hold) Find(ITransformer model, StudentTransformer student, ITransformer? given)
    {
        if (given is not null)
        {
            var reference = ModelParts.LastStudent(given) ?? throw new ArgumentException($"Evaluate: the reference, a {given.GetType().Name}, holds no student.", nameof(given));
            return (reference.Student.Weights.Model.Network, reference.Student.Weights.Hold());
        }
        var wanted = student.Info.Last.StartWeights;
        var own = student.Student.Weights.Model;
        if (own.Network.Adapter is not null && own.BaseHash == wanted)
        {
            // The network without its adapter, which shares the base's weights: exactly dDPO's reference, quantised where the base is.
            var bare = own.Network.Clone(shareBase: true, withAdapter: false);
            return (bare, bare);
        }
        if (student.Student.Origin is { } origin && origin.TryGetTarget(out var weights) && weights.TryHold() is { } hold)
            return (weights.Model.Network, hold);
        foreach (var part in ModelParts.Flatten(model).OfType<StudentTransformer>().Where(p => !ReferenceEquals(p, student)))
        {
            hold = part.Student.Weights.Hold();
            if (part.Student.Weights.Model.WeightsHash == wanted)
                return (part.Student.Weights.Model.Network, hold);
            hold.Dispose();
        }
        throw new ArgumentException(
            $"Evaluate: rewards are measured against the model that the student was trained from (weights {wanted[..Math.Min(12, wanted.Length)]}…), and it is neither in the given model nor alive. Give it as reference: " +
            "the fitted dSFT transformer, or z.LoadStudent of the folder that training started from.", nameof(model));
    }
}
