using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Fills a decoder from files of weights, strictly: what is missing, surplus or of another shape is listed in one error.</summary>
internal static class WeightLoader
{
    public static CausalLM Load(ModelConfig config, IReadOnlyList<IWeightFile> files, ScalarType dtype, Device? device, Nf4Options? quantization = null)
    {
        Check(config, files);
        var model = CausalLM.Unset(config, dtype, device, quantized: quantization is not null);
        try
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var targets = model.NamedWeights.ToDictionary(w => w.Name, w => (Tensor)w.Weight);
            var family = ModelFamily.Get(config.ModelType);
            string head = family.WeightName("lm_head.weight");
            // Some files repeat a tied head. It is read to see that it says the same.
            Tensor? repeated = null;
            // A layer is quantised when the next weight is asked for, so that no two are there whole.
            (LinearMap Map, string Name, Tensor Whole)? last = null;
            foreach (var file in files)
                file.ReadAll(name =>
                {
                    QuantizeLast();
                    string known = family.StoredName(name);
                    if (!targets.TryGetValue(known, out var weight)) return known == head ? repeated = empty(config.VocabSize, config.HiddenSize, dtype: dtype, device: model.Device) : null;
                    if (quantization is null || model.MapOf(weight) is not { } map) return weight;
                    last = (map, known, empty(map.Shape, dtype: dtype, device: model.Device));
                    return last.Value.Whole;
                });
            QuantizeLast();
            if (repeated is not null && !repeated.eq(model.HeadWeight).all().item<bool>())
                throw new InvalidDataException($"{files[0].Source}: the configuration ties the head to the embedding (tie_word_embeddings), but {head} differs from it.");
            if (quantization is not null) model.SetQuantized(quantization);
            return model;

            void QuantizeLast()
            {
                if (last is { } one)
                    using (one.Whole) CausalLM.Quantize(one.Map, one.Name, one.Whole, quantization!);
                last = null;
            }
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static void Check(ModelConfig config, IReadOnlyList<IWeightFile> files)
    {
        var family = ModelFamily.Get(config.ModelType);
        string headName = family.WeightName("lm_head.weight");
        var faults = new List<string>();
        var found = new Dictionary<string, IReadOnlyList<long>>();
        foreach (var weight in files.SelectMany(f => f.Weights))
            if (!found.TryAdd(family.StoredName(weight.Name), weight.Shape)) faults.Add($"{weight.Name} is there twice");
        foreach (var (name, shape) in WeightShapes.Of(config).TakeWhile(_ => faults.Count < 1000))
            if (!found.Remove(name, out var have)) faults.Add($"{name} ({string.Join(", ", shape)}) is missing");
            else if (!have.SequenceEqual(shape)) faults.Add($"{name} is ({string.Join(", ", have)}), expected ({string.Join(", ", shape)})");
        if (config.TieWordEmbeddings && found.TryGetValue(headName, out var head) && head.SequenceEqual([config.VocabSize, config.HiddenSize])) found.Remove(headName);
        foreach (var name in found.Keys.Where(n => !family.IsNoWeight(n))) faults.Add($"{name} is surplus");
        if (faults.Count == 0) return;
        const int shown = 20;
        string more = faults.Count > shown ? $"; and {faults.Count - shown} more" : "";
        throw new InvalidDataException($"{string.Join(", ", files.Select(f => f.Source))}: the weights do not fit the configuration: {string.Join("; ", faults.Take(shown))}{more}.");
    }
}
