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

    public JsonNode Results { get; } = JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(folder, "fixture.json")))!;

    public byte[] File(string name)
    {
        using var stream = Open(folder, name)!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    public IEnumerable<JsonNode> Cases(string kind) => Results[kind]!.AsArray().Select(c => c!);

    /// <summary>UTF-16 ranges of a text as ranges of code points, which is how the results have them.</summary>
    public static (int Start, int End)[] InCodePoints(string text, (int Start, int End)[] offsets)
    {
        var codePoints = new int[text.Length + 1];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            codePoints[i] = count;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                count++;
        }
        codePoints[text.Length] = count;
        return [.. offsets.Select(o => (codePoints[o.Start], codePoints[o.End]))];
    }

    public static int[] Numbers(JsonNode? node) => [.. node!.AsArray().Select(n => (int)n!)];

    private static Stream? Open(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (System.IO.File.Exists(path))
            return System.IO.File.OpenRead(path);
        return System.IO.File.Exists(path + ".gz") ? new GZipStream(System.IO.File.OpenRead(path + ".gz"), CompressionMode.Decompress) : null;
    }
}
