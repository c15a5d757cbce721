using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>How a language model is read.</summary>
public sealed class LanguageModelOptions
{
    /// <summary>
    /// The chat template's name (<see cref="LanguageModels.ChatTemplate.All"/>). Default, null: the one recorded with the model, else the one in its tokenizer's files: one of
    /// those by name where it is known, else whatever it is, as a <see cref="JinjaChatTemplate"/>. A model that brings none needs this option.
    /// </summary>
    public string? ChatTemplate { get; set; }

    /// <summary>The type of the weights in memory, whatever they are stored in. Default float32.</summary>
    public ScalarType DataType { get; set; } = ScalarType.Float32;

    /// <summary>Where the weights are. Default, null: CPU.</summary>
    public Device? Device { get; set; }

    /// <summary>Quantise the linear layers to four bits while they are read, so that no more than one of them is in memory whole (<see cref="CausalLM.Quantize(Nf4Options?)"/>). Default, null: no.</summary>
    public Nf4Options? Quantization { get; set; }

    /// <summary>Where a folder holds an adapter: the folder of the model that it belongs to. Default, null: the one that the adapter's configuration names.</summary>
    public string? BaseModel { get; set; }
}
