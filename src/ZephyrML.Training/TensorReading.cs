using static TorchSharp.torch;

namespace ZephyrML.Training;

internal static class TensorReading
{
    /// <summary>The numbers of a float32 tensor; waits for a GPU.</summary>
    public static float[] ToFloats(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var data = tensor.detach().cpu().contiguous().data<float>(); // holds on to the tensor until disposed
        return data.ToArray();
    }
}
