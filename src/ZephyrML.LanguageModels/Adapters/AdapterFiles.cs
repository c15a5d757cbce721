using System.Text;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>An adapter's two files, as PEFT has them.</summary>
internal static class AdapterFiles
{
    public const string WeightsFile = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.", PickledFile = "adapter_model.bin";

    public static IEnumerable<(string Name, Action<Stream> Write)> Of(LoraAdapter adapter, CausalLM network, string? baseModel)
    {
        bool transposed = adapter.Adapted.Any(m => m.Map is { Transposed: true });
        yield return (AdapterConfig.FileName, stream => stream.Write(Encoding.UTF8.GetBytes(AdapterConfig.Write(Named(adapter), baseModel, transposed))));
        yield return (WeightsFile, stream => SafeTensorsWriter.Write(stream,
            [.. adapter.Weights.Select(w => (w.Name, (Tensor)w.Weight)).Concat(adapter.StoredTables.Select(t => (t.Name, (Tensor)t.Slot.Current))).OrderBy(w => w.Name, StringComparer.Ordinal)],
            new Dictionary<string, string> { ["format"] = "pt" }));
    }

    public static LoraAdapter Read(CausalLM network, Func<string, Stream?> open, string folder)
    {
        string Source(string name) => folder.Length == 0 ? name : Path.Combine(folder, name);
        using var text = new StreamReader(open(AdapterConfig.FileName) ?? throw new FileNotFoundException($"The adapter{(folder.Length == 0 ? "" : $" in '{folder}'")} has no {AdapterConfig.FileName}.", AdapterConfig.FileName), Encoding.UTF8);
        var (options, _) = AdapterConfig.Read(text.ReadToEnd(), Source(AdapterConfig.FileName));
        var stream = open(WeightsFile);
        if (stream is null)
        {
            using var pickled = open(PickledFile);
            throw new FileNotFoundException($"The adapter{(folder.Length == 0 ? "" : $" in '{folder}'")} has no {WeightsFile}{(pickled is null ? "" : $"; its {PickledFile} is a pickle, which would execute what it holds: save it with PEFT's safe_serialization")}.", WeightsFile);
        }
        using var reader = new SafeTensorsReader(stream, Source(WeightsFile));
        LoraAdapter adapter;
        try
        {
            adapter = network.AddAdapter(options);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{Source(AdapterConfig.FileName)}: {e.Message}", e);
        }
        try
        {
            Fill(adapter, network, reader);
            return adapter;
        }
        catch
        {
            network.RemoveAdapter();
            throw;
        }
    }

    private static void Fill(LoraAdapter adapter, CausalLM network, SafeTensorsReader reader)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var targets = adapter.Weights.ToDictionary(w => w.Name, w => (Tensor)w.Weight);
        var tables = adapter.StoredTables.ToDictionary(t => t.Name, t => t.Slot);
        var read = new Dictionary<string, Tensor>();
        var faults = new List<string>();
        var found = new HashSet<string>();
        foreach (var entry in reader.Entries.Where(e => !IsRepeated(e.Name)))
        {
            string name = Known(entry.Name);
            Tensor? target = targets.TryGetValue(name, out var weight) ? weight : tables.TryGetValue(name, out var slot) ? slot.Base : null;
            if (target is null) faults.Add($"{entry.Name} is surplus");
            else if (!found.Add(name)) faults.Add($"{entry.Name} is there twice");
            else if (!entry.Shape.SequenceEqual(target.shape)) faults.Add($"{entry.Name} is ({string.Join(", ", entry.Shape)}), expected ({string.Join(", ", target.shape)})");
        }
        foreach (var (name, weight) in adapter.Weights)
            if (!found.Contains(name)) faults.Add($"{name} ({string.Join(", ", weight.shape)}) is missing");
        if (faults.Count > 0)
        {
            const int shown = 20;
            throw new InvalidDataException($"{reader.Source}: the weights do not fit the adapter's configuration and the model: {string.Join("; ", faults.Take(shown))}{(faults.Count > shown ? $"; and {faults.Count - shown} more" : "")}.");
        }
        reader.ReadAll(entry =>
        {
            if (IsRepeated(entry.Name)) return null;
            string name = Known(entry.Name);
            if (targets.TryGetValue(name, out var weight)) return weight;
            var table = tables[name].Base;
            return read[name] = empty(table.shape, dtype: table.dtype, device: table.device);
        });
        foreach (var (name, stored) in read)
            if (!stored.eq(tables[name].Base).all().item<bool>()) adapter.SetTable(tables[name], stored);

        // With all biases trained, PEFT also stores those within the wrappers of modules that are saved whole anyway.
        static bool IsRepeated(string name) => name.Contains(".original_module.", StringComparison.Ordinal) || name.Contains(".modules_to_save.", StringComparison.Ordinal);

        string Known(string name)
        {
            if (targets.ContainsKey(name) || tables.ContainsKey(name)) return name;
            // Names that other versions use.
            if (name.StartsWith(Prefix + "embed_out.", StringComparison.Ordinal)) name = Prefix + "lm_head." + name[(Prefix.Length + "embed_out.".Length)..];
            if (name.EndsWith(".lora_magnitude_vector.weight", StringComparison.Ordinal)) name = name[..^".weight".Length];
            if (name.EndsWith(".bias", StringComparison.Ordinal) && !targets.ContainsKey(name) && targets.ContainsKey(name[..^".bias".Length] + ".base_layer.bias")) name = name[..^".bias".Length] + ".base_layer.bias";
            return name;
        }
    }

    /// <summary>PEFT writes the modules that all-linear and its usual targets mean, by name.</summary>
    private static LoraOptions Named(LoraAdapter adapter)
    {
        var options = adapter.Options;
        if (options.TargetPattern is null && (options.TargetModules is null || options.TargetsAllLinear))
            options.TargetModules = [.. adapter.Targets.Select(t => t[(t.LastIndexOf('.') + 1)..]).Distinct()];
        return options;
    }
}
