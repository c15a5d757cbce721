using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.Teacher;
using ZephyrML.Training;
using ZephyrML.Transforms.Students;
using static TorchSharp.torch;

namespace ZephyrML.Fitting;

/// <summary>A model to train, of one's own: loaded from a folder, or a copy of a fitted student that stays as it is; with what training changes laid on it.</summary>
/// <param name="Model">The model; whoever trains it owns it.</param>
/// <param name="Folder">The name of the folder that it came from, without its path; null where it came from a student.</param>
/// <param name="From">The student that it is a copy of.</param>
/// <param name="Weights">The hash of the weights that it started from.</param>
internal sealed record StudentStart(LanguageModel Model, string? Folder, Student? From, string Weights)
{
    /// <summary>A folder's model, or an adapter's folder with the model that it belongs to, or a GGUF file.</summary>
    public static StudentStart FromFolder(string folder, string? template, LoraOptions? adapter, Nf4Options? quantization, ComputePlace place, int seed)
    {
        if (!Directory.Exists(folder) && !File.Exists(folder))
            throw new DirectoryNotFoundException($"Option BaseModel: there is no folder '{folder}'.");
        LanguageModelOptions How(Nf4Options? quantized) => new() { ChatTemplate = template, DataType = place.Type, Device = place.Device, Quantization = quantized };
        bool adapted = File.Exists(Path.Combine(folder, "adapter_config.json")) && !File.Exists(Path.Combine(folder, "config.json"));
        // An adapter that another one is to be laid over must be merged first, into weights that are whole.
        var model = LanguageModel.Load(folder, How(adapted && adapter is not null ? null : quantization));
        var start = model.Network.Adapter is null ? model.BaseHash : model.WeightsHash;
        model = Prepare(model, () => Merged(() => LanguageModel.Load(folder, How(null))), adapter, quantization, seed);
        return new(model, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), null, start);
    }

    /// <summary>A copy of a fitted student. Where its weights will not change they are shared, not copied.</summary>
    public static StudentStart FromStudent(Student student, LoraOptions? adapter, Nf4Options? quantization, ComputePlace place, int seed)
    {
        var hold = student.Weights.Hold();
        try
        {
            var from = student.Weights.Model;
            bool frozen = from.Network.Adapter is not null || adapter is not null;
            // What is frozen may have any type.
            var model = Prepare(from.Clone(shareBase: frozen, dataType: frozen ? null : place.Type, device: place.Device), () => Merged(() => from.Clone(shareBase: true)), adapter, quantization, seed);
            if (model.Network.Quantization is not null)
            {
                // What was quantised here was a student's weights: that student stays as long as its copy may ask for them.
                model.SetSource(model.HasWholeBase ? null : () => Merged(() => adapter is null ? from.Base() : from.Clone(shareBase: true)), hold);
                hold = null;
            }
            return new(model, null, student, from.WeightsHash);
        }
        finally
        {
            hold?.Dispose();
        }
    }

    /// <summary>dDPO's start: the student given as an argument, the one that the schema carries, or the BaseModel folder; an error unless it is exactly one.</summary>
    public static StudentStart ForDpo(DataViewSchema schema, StudentTransformer? given, DistilledDpoOptions options, ComputePlace place, int seed)
    {
        var carried = StudentSchema.Find(schema);
        if (given is not null && carried is not null && !ReferenceEquals(given.Student.Weights, carried.Weights))
            throw new InvalidOperationException(
                "DistilledDpo has two students to start from: the one given as its argument and another one in the data's schema (a DistilledSft stage before it). " +
                "Leave the argument out, or transform the data without that stage.");
        var student = given?.Student ?? carried;
        if (student is not null && options.BaseModel is not null)
            throw new InvalidOperationException(
                $"DistilledDpo has two models to start from: option BaseModel ('{options.BaseModel}') and {(given is not null ? "the student given as its argument" : "the student in the data's schema (a DistilledSft stage before it)")}. " +
                "Set BaseModel to null, or leave the student out.");
        if (student is not null)
            return FromStudent(student, options.Adapter, options.Quantization, place, seed);
        if (options.BaseModel is not null)
            return FromFolder(options.BaseModel, options.ChatTemplate, options.Adapter, options.Quantization, place, seed);
        throw new InvalidOperationException(
            "DistilledDpo has no model to start from: put a DistilledSft stage before it, give a fitted student as its first argument, or set option BaseModel to a model's folder.");
    }

    /// <summary>Merges an adapter that is in the way, quantises, lays on the new adapter.</summary>
    /// <param name="model">Taken over.</param>
    /// <param name="merged">Gives the network that merging gave, should it be needed again.</param>
    /// <param name="adapter">The adapter to train; null: the one that is there, or the weights.</param>
    /// <param name="quantization">How the base is held; null: as it is.</param>
    /// <param name="seed">Of the stage.</param>
    private static LanguageModel Prepare(LanguageModel model, Func<CausalLM> merged, LoraOptions? adapter, Nf4Options? quantization, int seed)
    {
        try
        {
            Func<CausalLM>? source = null;
            if (adapter is not null && model.Network.Adapter is not null)
            {
                var whole = model.Merged();
                model.Dispose();
                (model, source) = (whole, merged);
            }
            if (quantization is not null && adapter is null && model.Network.Adapter is null)
                throw new ArgumentException("Option Quantization holds the weights in four bits, which cannot be trained: set option Adapter too.");
            if (quantization is not null && model.Network.Quantization is null)
                model.Quantize(quantization, source);
            if (adapter is not null)
                model.Network.AddAdapter(adapter, SeedStream.Derive(seed, "adapter"));
            model.WeightsChanged();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }


    private static CausalLM Merged(Func<LanguageModel> load)
    {
        using var model = load();
        return model.Merged().Network;
    }
}
