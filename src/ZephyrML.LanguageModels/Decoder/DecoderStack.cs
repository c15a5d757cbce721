using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Embedding, layers and the final norm: everything below the head.</summary>
internal sealed class DecoderStack : nn.Module<Tensor, ForwardPass, Tensor>
{
    private readonly double _multiplier;
    private readonly Embedding embed_tokens;
    private readonly Embedding? embed_positions;
    private readonly ModuleList<DecoderLayer> layers;
    private readonly nn.Module<Tensor, Tensor> norm;

    public DecoderStack(ModelConfig config, ScalarType dtype, Device device) : base(nameof(DecoderStack))
    {
        Embedding Table(int rows) => nn.Embedding_from_pretrained(empty(rows, config.HiddenSize, dtype: dtype, device: device), freeze: false);
        _multiplier = config.EmbeddingMultiplier;
        embed_tokens = Table(config.VocabSize);
        if (config.LearnedPositions) embed_positions = Table(config.MaxPositionEmbeddings);
        layers = new ModuleList<DecoderLayer>([.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new DecoderLayer(config, i, dtype, device))]);
        norm = Norms.Of(config, config.HiddenSize, dtype, device);
        RegisterComponents();
        Tokens = new LookupTable(embed_tokens);
        if (embed_positions is not null) Places = new LookupTable(embed_positions);
    }

    /// <summary>The embedding by token id.</summary>
    public LookupTable Tokens { get; }

    /// <summary>The embedding by position, where positions are learned.</summary>
    public LookupTable? Places { get; }

    /// <summary>(V, C): also the head where it is tied.</summary>
    public Parameter EmbeddingWeight => embed_tokens.weight;

    /// <summary>How many layers there are.</summary>
    public int Depth => layers.Count;

    /// <summary>Token ids (B, T) to the first layer's input (B, T, C).</summary>
    public Tensor Embed(Tensor ids, ForwardPass pass)
    {
        var x = Tokens.Forward(ids);
        if (_multiplier != 1) x = x * _multiplier;
        return Places is null ? x : x + Places.Forward(pass.Positions!);
    }

    /// <summary>One layer, (B, T, C) to (B, T, C).</summary>
    public Tensor Layer(int i, Tensor x, ForwardPass pass) => layers[i].forward(x, pass);

    /// <summary>The final norm.</summary>
    public Tensor Norm(Tensor x) => norm.forward(x);

    /// <summary>Token ids (B, T) to (B, T, C).</summary>
    public override Tensor forward(Tensor ids, ForwardPass pass) => Trace(ids, pass, null);

    /// <summary>The same, showing each hidden state: the embedding, then what each layer puts out (the last one after the norm).</summary>
    public Tensor Trace(Tensor ids, ForwardPass pass, Action<Tensor>? observe)
    {
        var x = Embed(ids, pass);
        observe?.Invoke(x);
        for (int i = 0; i < layers.Count; i++)
        {
            x = layers[i].forward(x, pass);
            if (i < layers.Count - 1) observe?.Invoke(x);
        }
        x = norm.forward(x);
        observe?.Invoke(x);
        return x;
    }
}
