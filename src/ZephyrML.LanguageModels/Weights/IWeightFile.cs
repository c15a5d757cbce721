using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>A file of weights under Hugging Face's names, which says what it holds before it is read, once and in order.</summary>
internal interface IWeightFile : IDisposable
{
    string Source { get; }
    IReadOnlyList<StoredWeight> Weights { get; }

    /// <summary>Fills the tensors that <paramref name="target"/> gives for a name; null: not wanted.</summary>
    void ReadAll(Func<string, Tensor?> target);
}

/// <summary>A weight's name and shape.</summary>
internal sealed record StoredWeight(string Name, IReadOnlyList<long> Shape);
