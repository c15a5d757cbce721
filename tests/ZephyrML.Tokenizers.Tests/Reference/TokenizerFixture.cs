using System.IO.Compression;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;

namespace ZephyrML.Tokenizers.Tests;

/// <summary>A folder of reference results of the tokenizers library: <c>fixture.json</c> beside the tokenizer's files.</summary>
internal sealed class TokenizerFixture(string folder)
{
    public static TokenizerFixture Shared(string name) => new(SharedFolder.Require(Path.Combine("fixtures", "tokenizers", name)));

    public static TokenizerFixture Own(string name) => new(Path.Combine(AppContext.BaseDirectory, "fixtures", name));

    public LanguageModelTokenizer Tokenizer { get; } = LanguageModelTokenizer.Read(name => Open(folder, name));

    /// <summary>The tokenizer as the tokenizers library has it, by <c>tokenizer.json</c> alone; where there is none, the same as <see cref="Tokenizer"/>.</summary>
    public LanguageModelTokenizer Library { get; } = LanguageModelTokenizer.Read(name => name == "tokenizer_config.json" && Has(folder, "tokenizer.json") ? null : Open(folder, name));

    public JsonNode Results { get; } = JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(folder, "fixture.json")))!;

    public byte[] File(string name)
    {
        using var stream = Open(folder, name) ?? throw new FileNotFoundException($"There is no {name} in {folder}.");
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    public IEnumerable<JsonNode> Cases(string kind) => (Results[kind]?.AsArray() ?? []).Select(c => c!);

    private static bool Has(string folder, string name) => System.IO.File.Exists(Path.Combine(folder, name)) || System.IO.File.Exists(Path.Combine(folder, name + ".gz"));

    private static Stream? Open(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (System.IO.File.Exists(path))
            return System.IO.File.OpenRead(path);
        return System.IO.File.Exists(path + ".gz") ? new GZipStream(System.IO.File.OpenRead(path + ".gz"), CompressionMode.Decompress) : null;
    }
}
