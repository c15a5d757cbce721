namespace TorchSharp;

public static partial class torch
{
    // Activations and normalising functions. The same operators as methods of the tensor, as functions.
    public static Tensor sigmoid_(Tensor input) => input.sigmoid_();
    public static Tensor sigmoid(Tensor input) => input.sigmoid();
    public static Tensor tanh_(Tensor input) => input.tanh_();
    public static Tensor tanh(Tensor input) => input.tanh();
}
