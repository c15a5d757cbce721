using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>Where the reference results are, and how to read them.</summary>
internal static class Fixtures
{
    /// <summary>The three traces that the repository carries itself.</summary>
    public static string OwnTraces => Path.Combine(AppContext.BaseDirectory, "Traces");

    /// <summary>fixtures/training of the folder 'shared' beside the repository, or null.</summary>
    public static string? Shared { get; } = FindShared();

    public static string SharedOrInconclusive(string name)
    {
        if (Shared is null)
            Assert.Inconclusive("There is no folder 'shared/fixtures/training' above the repository.");
        return Path.Combine(Shared, name);
    }

    public static JsonElement Json(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "fixture.json"))).RootElement;

    /// <summary>A number, or "NaN", "Infinity", "-Infinity".</summary>
    public static double Number(this JsonElement e) => e.ValueKind == JsonValueKind.String ? double.Parse(e.GetString()!, CultureInfo.InvariantCulture) : e.GetDouble();

    public static float[] Floats(this JsonElement e) => [.. e.EnumerateArray().Select(x => (float)x.Number())];

    public static int[] Ints(this JsonElement e) => [.. e.EnumerateArray().Select(x => x.GetInt32())];

    /// <summary>All tensors of a safetensors file of float32.</summary>
    public static Dictionary<string, float[]> Tensors(string file)
    {
        var bytes = File.ReadAllBytes(file);
        int header = checked((int)BitConverter.ToInt64(bytes));
        var tensors = new Dictionary<string, float[]>();
        foreach (var tensor in JsonDocument.Parse(bytes.AsMemory(8, header)).RootElement.EnumerateObject())
        {
            if (tensor.Name == "__metadata__")
                continue;
            Assert.AreEqual("F32", tensor.Value.GetProperty("dtype").GetString());
            var place = tensor.Value.GetProperty("data_offsets").Ints();
            tensors[tensor.Name] = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(8 + header + place[0], place[1] - place[0])).ToArray();
        }
        return tensors;
    }

    /// <summary>A model from config.json and model.safetensors.</summary>
    public static CausalLM Model(string folder)
    {
        var model = new CausalLM(ModelConfig.FromJson(File.ReadAllText(Path.Combine(folder, "config.json"))));
        var tensors = Tensors(Path.Combine(folder, "model.safetensors"));
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (name, weight) in model.NamedWeights)
            weight.copy_(tensor(tensors[name], weight.shape));
        return model;
    }

    public static float[] Values(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float32).ToFloats();
    }

    private static string? FindShared()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (Directory.Exists(Path.Combine(at.FullName, "shared", "fixtures", "training")))
                return Path.Combine(at.FullName, "shared", "fixtures", "training");
        return null;
    }
}
