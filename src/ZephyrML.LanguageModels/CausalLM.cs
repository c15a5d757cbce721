using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>A decoder of any of the families that <see cref="ModelConfig"/> knows: token ids to hidden states, hidden states to logits.</summary>
/// <remarks>
/// Letters in shapes: B rows, T positions, C hidden size, V vocabulary. The two halves are apart because training and generation
/// need logits at few positions only. Calls may come from several threads as long as none of them trains.
/// </remarks>
public sealed class CausalLM : nn.Module
{
    private readonly DecoderStack model;
    private readonly Linear? lm_head;
    private readonly RotaryTables _rotary;
    private readonly LinearMap _head;

    /// <summary>A decoder with random weights.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="dtype">The type of its weights.</param>
    /// <param name="device">Where they are; default: CPU.</param>
    /// <param name="seed">
    /// Equal seeds give equal weights, on every device. Linear layers N(0, 1/√fan-in), norms 1, biases 0, embeddings N(0, 0.5): small enough for the layers to be heard beside them, large enough
    /// not to drown. A tied embedding is N(0, 1/√C), since as a head it must give logits of natural size.
    /// </param>
    /// <exception cref="ArgumentException">The configuration is wrong.</exception>
    public CausalLM(ModelConfig config, ScalarType dtype = ScalarType.Float32, Device? device = null, int seed = 0)
        : this(config, dtype, device, quantized: false)
    {
        WeightInitializer.Fill(this, seed);
    }

    private CausalLM(ModelConfig config, ScalarType dtype, Device? device, bool quantized) : base(nameof(CausalLM))
    {
        config.Validate();
        (Config, DataType, Device) = (config, dtype, device ?? CPU);
        using (quantized ? Linear.Deferred() : null) model = new DecoderStack(config, dtype, Device);
        if (!config.TieWordEmbeddings) lm_head = new Linear(config.HiddenSize, config.VocabSize, dtype, Device);
        _rotary = new RotaryTables(config, dtype, Device);
        RegisterComponents();
        OwnWeights = [.. named_parameters().Select(p => (p.Item1, p.Item2))];
        var family = ModelFamily.Get(config.ModelType);
        NamedWeights = [.. OwnWeights.Select(w => (family.WeightName(w.Name), w.Weight))];
        _head = lm_head?.Map ?? new LinearMap(model.EmbeddingWeight, null, config.HiddenSize, config.VocabSize, transposed: false);
        Modules = [.. FindModules(family)];
    }

    /// <summary>A decoder whose weights are not set yet; where they will be quantised, there is no memory for them whole.</summary>
    internal static CausalLM Unset(ModelConfig config, ScalarType dtype, Device? device, bool quantized = false) => new(config, dtype, device, quantized);

    /// <summary>Its shape and settings.</summary>
    public ModelConfig Config { get; }

    /// <summary>The type of its weights.</summary>
    public ScalarType DataType { get; }

    /// <summary>Where its weights are.</summary>
    public Device Device { get; }

    /// <summary>All weights by their Hugging Face names; a tied head is not listed, nor is what is quantised.</summary>
    public IReadOnlyList<(string Name, Parameter Weight)> NamedWeights { get; private set; }

    /// <summary>How the linear layers are quantised; null: they are not.</summary>
    public Nf4Options? Quantization { get; private set; }

    /// <summary>Bytes that the codes and scales of quantised layers take; 0 where there are none.</summary>
    public long QuantizedBytes => Quantized.Sum(q => q.Codes.Bytes);

    /// <summary>Weights of quantised layers: how many numbers their codes stand for.</summary>
    public long QuantizedWeights => Quantized.Sum(q => q.Codes.Shape[0] * q.Codes.Shape[1]);

    /// <summary>The same weights, in the same order, by the names that all families share: those of Llama.</summary>
    internal IReadOnlyList<(string Name, Parameter Weight)> OwnWeights { get; }

    /// <summary>What training changes: the adapter's weights where there is an adapter, else all weights; of these, those that require gradients. Names are as in the files.</summary>
    public IReadOnlyList<(string Name, Parameter Weight)> TrainableWeights => [.. NamedWeights.Concat(Adapter?.Weights ?? []).Where(w => w.Weight.requires_grad)];

    /// <summary>Everything that the network's results depend on, by name.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => NamedWeights.Select(w => (w.Name, (Tensor)w.Weight))
        .Concat(Quantized.SelectMany(q => q.Codes.Parts.Select(p => ($"{q.Module.Name}.weight.{p.Name}", p.Value))))
        .Concat((Adapter?.Weights ?? []).Select(w => (w.Name, (Tensor)w.Weight)));

    /// <summary>The adapter that is laid on the network, or null.</summary>
    public LoraAdapter? Adapter { get; private set; }

    /// <summary>Parts that an adapter can be laid on, in the order of <see cref="NamedWeights"/>.</summary>
    internal IReadOnlyList<AdaptableModule> Modules { get; }

    /// <summary>
    /// Replaces the weights of all linear layers but the head by four-bit codes and frees them: embeddings, norms, biases and the head stay as they are. From now on what is quantised is dequantised layer by layer, in the forward and in
    /// the backward pass, one layer at a time; an adapter on top is trained.
    /// </summary>
    /// <param name="options">How; null: defaults.</param>
    /// <exception cref="InvalidOperationException">It is quantised already, or an adapter is merged into it.</exception>
    public void Quantize(Nf4Options? options = null)
    {
        if (Quantization is not null) throw new InvalidOperationException("The network is quantised already.");
        if (Adapter is { Merged: true }) throw new InvalidOperationException("The adapter is merged into the weights; unmerge it before the network is quantised.");
        options = (options ?? new()).Copy();
        options.Validate();
        foreach (var (name, weight) in NamedWeights)
            if (MapOf(weight) is { } map) Quantize(map, name, weight, options);
        SetQuantized(options);
    }

    /// <summary>The linear layer whose weight this is, if it is one that is quantised.</summary>
    internal LinearMap? MapOf(Tensor weight) => Modules.FirstOrDefault(m => m is { Map: not null, Head: false } && ReferenceEquals(m.Weight.Base, weight))?.Map;

    /// <summary>Quantises one layer; <see cref="SetQuantized"/> must follow when all are.</summary>
    internal static void Quantize(LinearMap map, string name, Tensor weight, Nf4Options options)
    {
        using var scope = NewDisposeScope();
        map.Quantize(Nf4Weight.Quantize(map.Transposed ? weight.t() : weight, options), WeightsHash.Line(name, weight));
    }

    /// <summary>SHA-256, in hexadecimal, over the base's weights by name: what a quantised base was made of, not its codes.</summary>
    internal string BaseHash()
    {
        var family = ModelFamily.Get(Config.ModelType);
        return WeightsHash.Of(OwnWeights.Select(w => Modules.FirstOrDefault(m => ReferenceEquals(m.Weight.Base, w.Weight))?.Map?.QuantizedFrom ?? WeightsHash.Line(family.WeightName(w.Name), w.Weight)));
    }

    /// <summary>Makes what an adapter that is merged gives the weights of a network without one, and takes the place of this network, which is gone.</summary>
    internal CausalLM TakeMerged()
    {
        using var noGrad = no_grad();
        var merged = this;
        // What was tied and is not equal any more becomes two.
        if (Config.TieWordEmbeddings && Modules.Any(m => m.Shared && m.Weight.Copy is not null)) merged = new CausalLM(Config with { TieWordEmbeddings = false }, DataType, Device, quantized: false);
        foreach (var (from, to) in Modules.Zip(merged.Modules))
        {
            if (!ReferenceEquals(from.Weight.Current, to.Weight.Base)) to.Weight.Base.copy_(from.Weight.Current);
            if (from.Bias is not null && !ReferenceEquals(from.Bias.Current, to.Bias!.Base)) to.Bias.Base.copy_(from.Bias.Current);
        }
        if (!ReferenceEquals(merged, this)) Dispose();
        else
        {
            Adapter!.Remove();
            Adapter = null;
            foreach (var (_, weight) in NamedWeights) weight.requires_grad = true;
        }
        return merged;
    }

    /// <summary>Lays an adapter on this network that is equal to another network's.</summary>
    internal void CopyAdapter(LoraAdapter from)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var adapter = AddAdapter(from.Options);
        foreach (var ((_, other), (_, own)) in from.Weights.Zip(adapter.Weights)) own.copy_(other);
        foreach (var (other, own) in from.StoredTables.Zip(adapter.StoredTables))
            if (other.Slot.Copy is { } copy) adapter.SetTable(own.Slot, copy);
    }

    private IEnumerable<(AdaptableModule Module, Nf4Weight Codes)> Quantized => Modules.Where(m => m.Map?.Quantized is not null).Select(m => (m, m.Map!.Quantized!));

    internal void SetQuantized(Nf4Options options)
    {
        Quantization = options.Copy();
        var gone = Quantized.Select(q => q.Module.Weight.Base).ToHashSet<Parameter>(ReferenceEqualityComparer.Instance);
        NamedWeights = [.. NamedWeights.Where(w => !gone.Contains(w.Weight))];
    }

    /// <summary>Lays a new adapter on the network. From now on the base's weights require no gradients.</summary>
    /// <param name="options">Which; copied.</param>
    /// <param name="seed">Equal seeds give equal adapters.</param>
    /// <exception cref="ArgumentException">Options are wrong, or mean no module of this network.</exception>
    /// <exception cref="InvalidOperationException">There is an adapter already.</exception>
    public LoraAdapter AddAdapter(LoraOptions options, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (Adapter is not null) throw new InvalidOperationException("The network has an adapter already; remove it, or merge it and save the model, before another one is laid on it.");
        Adapter = new LoraAdapter(this, options, seed);
        foreach (var (_, weight) in NamedWeights) weight.requires_grad = false;
        return Adapter;
    }

    /// <summary>Reads an adapter that PEFT or <see cref="LoraAdapter.Save"/> wrote and lays it on the network.</summary>
    /// <param name="open">Opens one of the adapter's files by name, at its beginning; null where there is none.</param>
    /// <param name="source">The folder, for errors; may be empty.</param>
    /// <exception cref="FileNotFoundException">A file is missing; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, asks for what is not supported, or does not fit the network.</exception>
    /// <exception cref="InvalidOperationException">There is an adapter already.</exception>
    public LoraAdapter ReadAdapter(Func<string, Stream?> open, string source = "") => AdapterFiles.Read(this, open, source);

    /// <summary>Takes the adapter off and frees it; the base's weights require gradients again.</summary>
    public void RemoveAdapter()
    {
        if (Adapter is null) return;
        Adapter.Unmerge();
        Adapter.Remove();
        Adapter = null;
        foreach (var (_, weight) in NamedWeights) weight.requires_grad = true;      // what is quantised is not among them
    }

    /// <summary>A network of its own with equal weights, and an adapter of its own with equal weights where there is one.</summary>
    /// <param name="shareBase">Keep the base's weights in the same memory: what changes them here changes them there. Only for bases that stay as they are.</param>
    /// <param name="withAdapter">Whether the adapter is cloned too.</param>
    /// <param name="dataType">The type of the base's weights in the clone; null: as here. Another type, or another device, is never shared.</param>
    /// <param name="device">Where the clone is; null: as here.</param>
    /// <exception cref="InvalidOperationException">The base is quantised, and type or device are to be others; or the adapter is merged.</exception>
    public CausalLM Clone(bool shareBase = false, bool withAdapter = true, ScalarType? dataType = null, Device? device = null)
    {
        using var noGrad = no_grad();
        var there = device ?? Device;
        bool alike = (dataType ?? DataType) == DataType && there.type == Device.type && there.index == Device.index;
        if (!alike && Quantization is not null) throw new InvalidOperationException($"The base is quantised, as {DataType} on {Device}; it cannot become {dataType ?? DataType} on {there}. Load it from its folder as that.");
        shareBase &= alike;
        var clone = new CausalLM(Config, dataType ?? DataType, there);
        try
        {
            using var scope = NewDisposeScope();
            foreach (var (from, to) in Modules.Zip(clone.Modules))
                if (from.Map?.Quantized is { } codes) to.Map!.Quantize(codes.Share(), from.Map.QuantizedFrom);
            if (Quantization is { } quantization) clone.SetQuantized(quantization);
            foreach (var ((_, from), (_, to)) in NamedWeights.Zip(clone.NamedWeights))
                if (shareBase) to.set_(from);
                else to.copy_(from);
            if (Adapter is { Merged: true }) throw new InvalidOperationException("The adapter is merged into the weights; unmerge it before the network is cloned.");
            if (Adapter is not null && withAdapter) clone.CopyAdapter(Adapter);
            return clone;
        }
        catch
        {
            clone.Dispose();
            throw;
        }
    }

    /// <summary>Hidden states after the final norm.</summary>
    /// <param name="inputIds">Token ids, int64, (B, T).</param>
    /// <param name="layout">Who sees whom; null: each row is one causal sequence from position 0, so padding on the right needs no mask.</param>
    /// <returns>(B, T, C)</returns>
    public Tensor Hidden(Tensor inputIds, AttentionLayout? layout = null)
    {
        using var scope = NewDisposeScope();
        return Run(inputIds, layout, null).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Until the result is disposed, passes without gradients on this thread use the operations of passes with gradients, and so give the same to the last bit; else those for few rows are faster ones of their own. Training needs
    /// it: a reference that is the policy itself must give log-ratios of exactly 0.
    /// </summary>
    public static IDisposable AsInTraining() => FewRows.Without();

    /// <summary>Hidden states of a pass whose gradients are wanted, also where the activations of all layers would not fit the memory.</summary>
    /// <param name="inputIds">Token ids, int64, (B, T).</param>
    /// <param name="layout">Who sees whom; null: each row is one causal sequence.</param>
    /// <param name="recompute">Keep each layer's input only, and compute the layer again in the backward half.</param>
    /// <param name="noise">Added to the embedded tokens, (B, T, C); null: none.</param>
    public TrainingPass HiddenForTraining(Tensor inputIds, AttentionLayout? layout = null, bool recompute = false, Tensor? noise = null) =>
        new(model, inputIds, Prepare(inputIds, layout), recompute, noise);

    /// <summary>Logits of hidden states.</summary>
    /// <param name="hidden">(..., C)</param>
    /// <returns>(..., V)</returns>
    public Tensor Logits(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var logits = _head.Forward(hidden);
        if (Config.LogitDivisor != 1) logits = logits / Config.LogitDivisor;
        if (Config.LogitSoftcap is { } cap) logits = (logits / cap).tanh() * cap;
        return logits.MoveToOuterDisposeScope();
    }

    /// <summary>The base's head (V, C); where it is tied, the embedding.</summary>
    public Parameter HeadWeight => _head.Weight.Base;

    /// <summary>Hidden states of more positions of one row, (1, T), behind those in its slot of the cache, which takes them up.</summary>
    /// <param name="inputIds">(1, T)</param>
    /// <param name="cache">The cache, with room for them.</param>
    /// <param name="slot">The row's slot.</param>
    /// <param name="regimeOf">The length by which rotary frequencies are chosen: that of the whole row.</param>
    internal Tensor Prefill(Tensor inputIds, KeyValueCache cache, int slot, long regimeOf)
    {
        var step = new PrefillStep(cache, slot, inputIds.shape[1]);
        return Run(inputIds, step, () => ForwardPass.Of(cache.Lengths[slot], inputIds.shape[1], step, regimeOf, Config, _rotary, Device, DataType));
    }

    /// <summary>Hidden states of one more position of each row, (B, 1), in the first slots.</summary>
    internal Tensor Decode(Tensor inputIds, KeyValueCache cache)
    {
        int rows = (int)inputIds.shape[0];
        var step = new DecodeStep(cache, rows, Config);
        return Run(inputIds, step, () => ForwardPass.Of(cache.Lengths[..rows], step, Config, _rotary, Device));
    }

    /// <summary>As Hidden, showing every layer's hidden state.</summary>
    internal void Trace(Tensor inputIds, AttentionLayout? layout, Action<Tensor> observe)
    {
        using var scope = NewDisposeScope();
        Run(inputIds, layout, observe);
    }

    /// <summary>Rows of lengths with equal regimes are rotated alike.</summary>
    internal long RotaryRegime(long count) => Config.DependsOnLength ? _rotary.Full.Regime(count) : 0;

    private Tensor Run(Tensor ids, AttentionLayout? layout, Action<Tensor>? observe) => model.Trace(ids, Prepare(ids, layout), observe);

    private ForwardPass Prepare(Tensor ids, AttentionLayout? layout)
    {
        if (ids.shape.Length != 2) throw new ArgumentException($"Token ids must be (B, T), not ({string.Join(", ", ids.shape)}).", nameof(ids));
        return ForwardPass.Of(ids.shape[0], ids.shape[1], layout, Config, _rotary, Device, DataType);
    }

    private Tensor Run(Tensor ids, CacheStep step, Func<ForwardPass> pass)
    {
        using var scope = NewDisposeScope();
        var hidden = model.forward(ids, pass());
        step.Complete();
        return hidden.MoveToOuterDisposeScope();
    }

    private IEnumerable<AdaptableModule> FindModules(ModelFamily family)
    {
        var named = named_modules().ToDictionary(m => m.Item1, m => m.Item2);
        bool tied = lm_head is null;
        foreach (var own in OwnWeights.Select(w => w.Name[..w.Name.LastIndexOf('.')]).Distinct())
        {
            string name = AdaptableModule.NameOf(family, own);
            yield return named[own] switch
            {
                Linear { Map: var map } => new(name, map.Weight, map.Bias, map, null, false, ReferenceEquals(map, _head)),
                INorm norm => new(name, norm.Weight, norm.Bias, null, null, false, false),
                Embedding e when ReferenceEquals(e.weight, model.EmbeddingWeight) => new(name, model.Tokens.Weight, null, null, model.Tokens, tied, false),
                _ => new(name, model.Places!.Weight, null, null, model.Places, false, false),
            };
        }
        if (tied) yield return new("lm_head", _head.Weight, null, _head, null, true, true);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Adapter?.Remove();
            Adapter = null;
            foreach (var (_, codes) in Quantized) codes.Dispose();
            _rotary.Dispose();
        }
        base.Dispose(disposing);
    }
}
