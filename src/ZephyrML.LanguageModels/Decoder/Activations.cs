using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Activations by Hugging Face's names.</summary>
internal static class Activations
{
    private static readonly Dictionary<string, Func<Tensor, Tensor>> Table = new()
    {
        ["silu"] = x => nn.functional.silu(x),
        ["swish"] = x => nn.functional.silu(x),
        ["gelu"] = x => nn.functional.gelu(x),
        ["gelu_new"] = TanhGelu,
        ["gelu_pytorch_tanh"] = TanhGelu,
        ["gelu_fast"] = TanhGelu,
        ["gelu_python"] = x => nn.functional.gelu(x),
        ["gelu_python_tanh"] = TanhGelu,
        ["gelu_accurate"] = TanhGelu,
        ["gelu_10"] = x => nn.functional.gelu(x).clamp((TorchSharp.Scalar)(-10), (TorchSharp.Scalar)10),
        ["quick_gelu"] = x => x * (x * 1.702).sigmoid(),
        ["relu"] = x => nn.functional.relu(x),
        ["relu2"] = x => nn.functional.relu(x).square(),
        ["relu6"] = x => x.clamp((TorchSharp.Scalar)0, (TorchSharp.Scalar)6),
        ["tanh"] = x => x.tanh(),
        ["sigmoid"] = x => x.sigmoid(),
        ["linear"] = x => x,
    };

    public static string Names => string.Join(", ", Table.Keys);

    public static bool Known(string name) => Table.ContainsKey(name);

    public static Func<Tensor, Tensor> Get(string name) => Table[name];

    /// <summary>The tanh approximation of GELU (Hendrycks and Gimpel 2016, section 2), as libtorch's own has it: x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).</summary>
    private static Tensor TanhGelu(Tensor x)
    {
        var inner = (x * x * 0.044715 + 1) * x * Math.Sqrt(2 / Math.PI);
        return (inner.tanh() + 1) * x * 0.5;
    }
}
