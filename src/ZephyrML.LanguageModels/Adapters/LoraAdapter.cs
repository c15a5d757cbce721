using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>
/// A low-rank adapter on a network: trained beside a base that stays as it is, stored apart from it, merged into it, switched off. Made by <see cref="CausalLM.AddAdapter"/>.
/// </summary>
/// <remarks>Its deltas are float32 whatever the base is; what it trains whole has the base's type. Merging and switching off concern the whole network: not while another thread computes with it.</remarks>
public sealed class LoraAdapter
{
    private readonly CausalLM _network;
    private readonly LoraOptions _options;
    private readonly List<(string Name, Parameter Weight)> _weights = [];
    private readonly List<AdaptableModule> _adapted = [];
    private readonly List<WeightSlot> _copied = [];
    private readonly List<Action> _unmerge = [];

    internal LoraAdapter(CausalLM network, LoraOptions options, int seed)
    {
        options.Validate();
        (_network, _options) = (network, options.Copy());
        var targets = new LoraTargets(_options, network.Modules, network.Config);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)(uint)seed);
        try
        {
            foreach (var module in targets.Adapted) Adapt(module, targets, generator);
            foreach (var module in targets.Saved)
            {
                Train(Prefix(module), ".weight", module.Weight, bias: false, module.Map is { Quantized: not null } map ? map.Transposed ? map.Matrix().t() : map.Matrix() : null);
                if (module.Bias is not null) Train(Prefix(module), ".bias", module.Bias, bias: false);
            }
            TrainBiases(targets);
            if (targets.NamesEmbeddings) StoredTables = [.. targets.Adapted.Where(m => m.Head || m.Table is not null && m.Name.EndsWith("embed_tokens", StringComparison.Ordinal)).Select(m => ($"{Prefix(m)}.base_layer.weight", m.Weight))];
        }
        catch
        {
            Remove();
            throw;
        }
        _weights.Sort((x, y) => string.CompareOrdinal(x.Name, y.Name));
    }

    /// <summary>The options that it was made with; a copy.</summary>
    public LoraOptions Options => _options.Copy();

    /// <summary>Its weights by the names that PEFT stores them under, in the order of these names.</summary>
    public IReadOnlyList<(string Name, Parameter Weight)> Weights => _weights;

    /// <summary>The modules that have a delta, by Hugging Face's names.</summary>
    public IReadOnlyList<string> Targets => [.. _adapted.Select(m => m.Name)];

    /// <summary>Whether its deltas are in the base's weights now.</summary>
    public bool Merged => State.Merged;

    internal AdapterSwitch State { get; } = new();

    /// <summary>Weights of the base that PEFT stores with an adapter on them: embeddings and heads.</summary>
    internal IReadOnlyList<(string Name, WeightSlot Slot)> StoredTables { get; } = [];

    internal IReadOnlyList<AdaptableModule> Adapted => _adapted;

    /// <summary>A stored table that differs from the base's stands in for it.</summary>
    internal void SetTable(WeightSlot slot, Tensor stored)
    {
        using var noGrad = no_grad();
        slot.Set(Lasting(stored.clone(), trained: false), State);
    }

    /// <summary>Until the result is disposed the network computes what its base computes.</summary>
    /// <param name="keepBiases">Leave trained biases in place (<see cref="LoraOptions.Bias"/>), as PEFT does.</param>
    /// <exception cref="InvalidOperationException">It is merged: the base's weights are not the base's now.</exception>
    public IDisposable Off(bool keepBiases = false)
    {
        if (Merged) throw new InvalidOperationException("The adapter is merged into the weights; unmerge it before it is switched off.");
        var (on, kept) = (State.On, State.KeepBiases);
        (State.On, State.KeepBiases) = (false, keepBiases);
        return new Undo(() => (State.On, State.KeepBiases) = (on, kept));
    }

    /// <summary>Until the result is disposed inputs of the deltas are dropped at random as <see cref="LoraOptions.Dropout"/> says. Equal seeds drop alike, also when a layer is computed again.</summary>
    /// <param name="seed">The pass's seed.</param>
    public IDisposable Dropping(long seed)
    {
        var before = State.DropoutSeed;
        State.DropoutSeed = seed;
        return new Undo(() => State.DropoutSeed = before);
    }

    /// <summary>Adds the deltas to the base's weights, so that the network costs what its base costs. A tied weight is not touched: what is adapted gets a copy.</summary>
    /// <exception cref="InvalidOperationException">The base is quantised, or a bias has nowhere to go.</exception>
    public void Merge()
    {
        if (Merged) return;
        if (_network.Quantization is not null)
            throw new InvalidOperationException($"The base is quantised: merging into its codes would lose most of the adapter. Merge into the unquantised base.");
        if (_options.LowRankBias && _adapted.FirstOrDefault(m => m.Bias is null) is { } bare)
            throw new InvalidOperationException($"{nameof(LoraOptions.LowRankBias)}: {bare.Name} has no bias that the adapter's could be merged into.");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var module in _adapted)
        {
            using var inner = NewDisposeScope();
            if (module.Map is { Lora: { } lora } map) Merge(module, map, lora);
            else if (module.Table is { Lora: { } rows } table) Merge(module, table, rows);
        }
        State.Merged = true;
    }

    /// <summary>Takes the deltas out again. Rounding apart, the base's weights are what they were.</summary>
    public void Unmerge()
    {
        if (!Merged) return;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var undo in _unmerge) undo();
        _unmerge.Clear();
        State.Merged = false;
    }

    /// <summary>The files that PEFT and <see cref="CausalLM.ReadAdapter"/> read: adapter_config.json and adapter_model.safetensors.</summary>
    /// <param name="baseModel">The model that it belongs to: a folder or a name.</param>
    public IEnumerable<(string Name, Action<Stream> Write)> Files(string? baseModel = null) => AdapterFiles.Of(this, _network, baseModel);

    /// <summary>Writes these files. Each appears under its name only when it is whole.</summary>
    /// <param name="folder">The folder; made if it is not there. Files of the same name are replaced.</param>
    /// <param name="baseModel">The model that it belongs to: a folder or a name.</param>
    public void Save(string folder, string? baseModel = null)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, write) in Files(baseModel)) WholeFile.Write(Path.Combine(folder, name), write);
    }

    /// <summary>Frees the adapter, which counts no more.</summary>
    internal void Remove()
    {
        foreach (var module in _adapted)
        {
            if (module.Map is not null) module.Map.Lora = null;
            if (module.Table is not null) module.Table.Lora = null;
        }
        foreach (var slot in _copied) slot.Clear();
        foreach (var (_, slot) in StoredTables)
        {
            slot.Copy?.Dispose();
            slot.Clear();
        }
        foreach (var (_, weight) in _weights) weight.Dispose();
        _weights.Clear();
        _adapted.Clear();
        _copied.Clear();
    }

    private static string Prefix(AdaptableModule module) => "base_model.model." + module.Name;

    private void Adapt(AdaptableModule module, LoraTargets targets, Generator generator)
    {
        int rank = targets.Rank(module.Name), layer = _adapted.Count;
        double scale = targets.Alpha(module.Name) / (_options.UseRslora ? Math.Sqrt(rank) : rank);
        string prefix = Prefix(module);
        var base_ = module.Weight.Base;
        if (module.Map is { } map)
        {
            double bound = 1 / Math.Sqrt(map.InFeatures);
            var a = Parameter($"{prefix}.lora_A.weight", _options.Init == LoraInit.Gaussian ? Normal([rank, map.InFeatures], 1.0 / rank) : Uniform([rank, map.InFeatures], bound));
            var b = Parameter($"{prefix}.lora_B.weight", _options.Init == LoraInit.Random ? Uniform([map.OutFeatures, rank], 1 / Math.Sqrt(rank)) : zeros(map.OutFeatures, rank));
            var bias = !_options.LowRankBias ? null : Parameter($"{prefix}.lora_B.bias", _options.Init == LoraInit.Random ? Uniform([map.OutFeatures], 1 / Math.Sqrt(rank)) : zeros(map.OutFeatures));
            map.Lora = Lora(null);
            if (_options.UseDora) map.Lora = Lora(Parameter($"{prefix}.lora_magnitude_vector", map.Lora.Norm(map)));
            LoraLinear Lora(Parameter? magnitude) => new(State, a, b, magnitude, bias, scale, _options.Dropout, layer);
        }
        else if (module.Table is { } table)
        {
            var a = Parameter($"{prefix}.lora_embedding_A", _options.Init == LoraInit.Random ? Normal([rank, base_.shape[0]], 1) : zeros(rank, base_.shape[0]));
            var b = Parameter($"{prefix}.lora_embedding_B", Normal([base_.shape[1], rank], 1));
            table.Lora = new LoraTable(State, a, b, null, scale);
            if (_options.UseDora) table.Lora = new LoraTable(State, a, b, Parameter($"{prefix}.lora_magnitude_vector", table.Lora.Norm(base_)), scale);
        }
        _adapted.Add(module);

        Tensor Uniform(long[] shape, double bound) => empty(shape, dtype: ScalarType.Float32).uniform_(-bound, bound, generator);
        Tensor Normal(long[] shape, double deviation) => empty(shape, dtype: ScalarType.Float32).normal_(0, deviation, generator);
    }

    private Parameter Parameter(string name, Tensor value, ScalarType type = ScalarType.Float32)
    {
        var parameter = Lasting(value.to(type).to(_network.Device).clone());
        _weights.Add((name, parameter));
        return parameter;
    }

    private static Parameter Lasting(Tensor value, bool trained = true)
    {
        var parameter = new Parameter(value, trained);
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    private void Train(string prefix, string suffix, WeightSlot slot, bool bias, Tensor? value = null)
    {
        if (slot.Copy is not null) return;
        slot.Set(Parameter(prefix + suffix, value ?? slot.Base, slot.Base.dtype), State, bias);
        _copied.Add(slot);
    }

    private void TrainBiases(LoraTargets targets)
    {
        if (_options.Bias == LoraBias.None) return;
        var adapted = targets.Adapted.ToHashSet();
        foreach (var module in _network.Modules.Where(m => m.Bias is not null && (_options.Bias == LoraBias.All || adapted.Contains(m))))
            Train(Prefix(module), adapted.Contains(module) ? ".base_layer.bias" : ".bias", module.Bias!, bias: true);
    }

    private void Merge(AdaptableModule module, LinearMap map, LoraLinear lora)
    {
        var merged = lora.Merged(map);
        if (map.Transposed) merged = merged.t();
        if (lora.Magnitude is null) Put(module, merged, weight => weight.sub_((map.Transposed ? lora.Delta().t() : lora.Delta()).to(weight.dtype)));
        else
        {
            var factor = (lora.Magnitude / lora.Norm(map)).unsqueeze(map.Transposed ? 0 : 1).DetachFromDisposeScope();
            Put(module, merged, weight =>
            {
                using (factor) weight.div_(factor.to(weight.dtype)).sub_((map.Transposed ? lora.Delta().t() : lora.Delta()).to(weight.dtype));
            });
        }
        if (lora.Bias is not { } bias) return;
        var target = map.Bias!.Current;
        target.add_((bias * lora.Scale).to(target.dtype));
        _unmerge.Add(() => target.sub_((bias * lora.Scale).to(target.dtype)));
    }

    private void Merge(AdaptableModule module, LookupTable table, LoraTable lora)
    {
        var merged = lora.Merged(module.Weight.Current);
        if (lora.Magnitude is null) Put(module, merged, weight => weight.sub_(lora.Delta().to(weight.dtype)));
        else
        {
            var factor = (lora.Magnitude / lora.Norm(module.Weight.Current)).DetachFromDisposeScope();
            Put(module, merged, weight =>
            {
                using (factor) weight.div_(factor.to(weight.dtype)).sub_(lora.Delta().to(weight.dtype));
            });
        }
    }

    private void Put(AdaptableModule module, Tensor merged, Action<Tensor> takeOut)
    {
        var slot = module.Weight;
        var current = slot.Current;
        if (module.Shared && ReferenceEquals(current, slot.Base))
        {
            var copy = Lasting(merged.to(current.dtype).contiguous().clone(), trained: false);
            slot.Set(copy, State);
            _unmerge.Add(() =>
            {
                slot.Clear();
                copy.Dispose();
            });
            return;
        }
        current.copy_(merged);
        _unmerge.Add(() => takeOut(current));
    }

    private sealed class Undo(Action action) : IDisposable
    {
        private Action? _action = action;

        public void Dispose() => Interlocked.Exchange(ref _action, null)?.Invoke();
    }
}
