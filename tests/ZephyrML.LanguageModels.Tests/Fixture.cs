using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>Reference results of transformers: the small ones that the repository carries, and more in a folder "shared" beside it where there is one.</summary>
internal sealed class Fixture : IDisposable
{
    private readonly Dictionary<string, Tensor> _golden;

    private Fixture(string folder)
    {
        Folder = folder;
        Json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "fixture.json"))).RootElement;
        _golden = SafeTensorsReader.ReadFile(Path.Combine(folder, "golden.safetensors"));
    }

    public string Folder { get; }
    public JsonElement Json { get; }
    public IReadOnlyDictionary<string, Tensor> Golden => _golden;
    public Tensor this[string name] => _golden[name];

    public static Fixture Model(string name) => new(Own(name));

    /// <summary>The whole fixture beside the repository; inconclusive where there is none.</summary>
    public static Fixture SharedModel(string name) => new(Shared("fixtures", "models", name));

    public static string Own(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    public static string Shared(params string[] path)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (Path.Combine([at.FullName, "shared", .. path]) is var found && Path.Exists(found)) return found;
        Assert.Inconclusive($"No folder shared/{string.Join('/', path)} above the tests.");
        throw new InvalidOperationException();
    }

    public CausalLM Network()
    {
        var reader = new LanguageModelReader(name => Path.Combine(Folder, name) is var path && File.Exists(path) ? File.OpenRead(path) : null, new LanguageModelOptions(), Folder);
        return reader.ReadNetwork(reader.ReadConfig());
    }

    public void Dispose()
    {
        foreach (var tensor in _golden.Values) tensor.Dispose();
    }
}
