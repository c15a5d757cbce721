using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

internal static class Close
{
    /// <summary>The largest difference, divided by the largest magnitude of what was expected where that is above 1.</summary>
    public static double Difference(Tensor expected, Tensor actual)
    {
        CollectionAssert.AreEqual(expected.shape, actual.shape);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        double largest = (expected - actual).abs().max().item<float>();
        return largest / Math.Max(1, expected.abs().max().item<float>());
    }

    public static void Assert(Tensor expected, Tensor actual, double tolerance, string what = "")
    {
        double difference = Difference(expected, actual);
        Microsoft.VisualStudio.TestTools.UnitTesting.Assert.IsTrue(difference <= tolerance, $"{what} differs by {difference:g3}, allowed {tolerance:g3}");
    }
}
