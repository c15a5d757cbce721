using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>A network with its tokenizer and chat template: what a folder of Hugging Face's layout holds.</summary>
public sealed class LanguageModel : IDisposable
{
    private const string ConfigFile = "config.json", WeightsFile = "model.safetensors", IndexFile = "model.safetensors.index.json", GgufFile = "model.gguf", RecordFile = "zephyr.json";
    private string? _weightsHash;

    private LanguageModel(CausalLM network, LanguageModelTokenizer tokenizer, ChatTemplate template)
    {
        (Network, Tokenizer, Template) = (network, tokenizer, template);
        var stops = Config.EosTokenIds.ToList();
        if (tokenizer.TokenToId(template.EndOfTurn) is { } end) stops.Add(end);
        StopTokenIds = [.. stops.Distinct()];
    }

    /// <summary>The decoder.</summary>
    public CausalLM Network { get; }

    /// <summary>The decoder's shape and settings.</summary>
    public ModelConfig Config => Network.Config;

    /// <summary>Text to token ids and back.</summary>
    public LanguageModelTokenizer Tokenizer { get; }

    /// <summary>How a dialogue is written out for this model.</summary>
    public ChatTemplate Template { get; }

    /// <summary>Tokens that end a reply: the configuration's eos tokens and the template's end of turn.</summary>
    public int[] StopTokenIds { get; }

    /// <summary>Reads a folder: config.json, tokenizer.json and its like, and model.safetensors (or shards with an index) or model.gguf.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The folder lacks a file; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is malformed or not supported, or the weights do not fit the configuration.</exception>
    public static LanguageModel Load(string folder, LanguageModelOptions? options = null)
    {
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no model folder '{folder}'.");
        return Read(name => Path.Combine(folder, name) is var path && File.Exists(path) ? File.OpenRead(path) : null, options, folder);
    }

    /// <summary>Reads a model by its files' names, wherever they are.</summary>
    /// <param name="open">Opens a file by name, at its beginning; null where there is none.</param>
    /// <param name="options">How.</param>
    /// <exception cref="FileNotFoundException">A file is missing; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is malformed or not supported, or the weights do not fit the configuration.</exception>
    public static LanguageModel Read(Func<string, Stream?> open, LanguageModelOptions? options = null) => Read(open, options, "");

    /// <summary>A model with random weights.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="tokenizer">Its tokenizer; must not have more tokens than the configuration.</param>
    /// <param name="template">Its chat template.</param>
    /// <param name="seed">See <see cref="CausalLM"/>.</param>
    public static LanguageModel Create(ModelConfig config, LanguageModelTokenizer tokenizer, ChatTemplate template, int seed)
    {
        CheckVocabulary(config, tokenizer, "The tokenizer");
        CheckTemplate(template, tokenizer);
        return new LanguageModel(new CausalLM(config, seed: seed), tokenizer, template);
    }

    /// <summary>SHA-256, in hexadecimal, over the weights' names, shapes, type and bytes. Computed when asked for and kept until <see cref="WeightsChanged"/>.</summary>
    public string WeightsHash => _weightsHash ??= ComputeHash();

    /// <summary>To be called when the weights were changed.</summary>
    public void WeightsChanged() => _weightsHash = null;

    /// <summary>A model with a copy of the weights; tokenizer and template, which never change, are shared.</summary>
    public LanguageModel Clone()
    {
        using var noGrad = no_grad();
        var network = CausalLM.Unset(Config, Network.DataType, Network.Device);
        foreach (var ((_, from), (_, to)) in Network.NamedWeights.Zip(network.NamedWeights)) to.copy_(from);
        return new LanguageModel(network, Tokenizer, Template) { _weightsHash = _weightsHash };
    }

    /// <summary>The files that hold this model and that <see cref="Read(Func{string, Stream?}, LanguageModelOptions?)"/> reads: config.json, model.safetensors, zephyr.json (the chat template's name) and the tokenizer's. Each writes itself in a stream, without a copy of the weights.</summary>
    public IEnumerable<(string Name, Action<Stream> Write)> Files()
    {
        yield return (ConfigFile, Text(Config.ToJson(TypeName)));
        yield return (WeightsFile, stream => SafeTensorsWriter.Write(stream, [.. Network.NamedWeights.Select(w => (w.Name, (Tensor)w.Weight))], new Dictionary<string, string> { ["format"] = "pt" }));
        yield return (RecordFile, Text(new JsonObject { ["format"] = 1, ["chat_template"] = Template.Name }.ToJsonString()));
        var tokenizer = Tokenizer.ChatTemplateName == Template.Name ? Tokenizer : Tokenizer.WithChatTemplate(Template);
        foreach (var file in tokenizer.Files()) yield return file;
    }

    /// <summary>Writes a folder that transformers and <see cref="Load"/> read. Each file appears under its name only when it is whole.</summary>
    /// <param name="folder">The folder; made if it is not there. Files of the same name are replaced.</param>
    public void SaveHuggingFace(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, write) in Files().Append(("generation_config.json", Text(GenerationConfig())))) WholeFile.Write(Path.Combine(folder, name), write);
    }

    /// <summary>Frees the weights.</summary>
    public void Dispose() => Network.Dispose();

    private static LanguageModel Read(Func<string, Stream?> open, LanguageModelOptions? options, string folder)
    {
        options ??= new LanguageModelOptions();
        string Source(string name) => folder.Length == 0 ? name : Path.Combine(folder, name);
        var config = ModelConfig.FromJson(ReadText(open, ConfigFile, Source(ConfigFile)) ?? throw Missing(ConfigFile), Source(ConfigFile));
        var tokenizer = LanguageModelTokenizer.Read(open);
        CheckVocabulary(config, tokenizer, Source("tokenizer.json"));
        var template = ChooseTemplate(options.ChatTemplate ?? RecordedTemplate(ReadText(open, RecordFile, Source(RecordFile)), Source(RecordFile)), tokenizer, Source("tokenizer_config.json"));
        var files = new List<IWeightFile>();
        try
        {
            OpenWeights();
            return new LanguageModel(WeightLoader.Load(config, files, options.DataType, options.Device), tokenizer, template);
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }

        void OpenWeights()
        {
            if (open(WeightsFile) is { } single) Add(single, s => new SafeTensorsReader(s, Source(WeightsFile)));
            else if (ReadText(open, IndexFile, Source(IndexFile)) is { } index)
                foreach (string shard in Shards(index, Source(IndexFile))) Add(open(shard) ?? throw Missing(shard), s => new SafeTensorsReader(s, Source(shard)));
            else if (open(GgufFile) is { } gguf) Add(gguf, s => new GgufWeights(new GgufReader(s, Source(GgufFile)), config));
            else throw Missing($"{WeightsFile} (nor {IndexFile} nor {GgufFile})");
        }

        void Add(Stream stream, Func<Stream, IWeightFile> read)
        {
            try
            {
                files.Add(read(stream));
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }

        FileNotFoundException Missing(string name) => new($"The model{(folder.Length == 0 ? "" : $" in '{folder}'")} has no {name}.", name);
    }

    private static string? ReadText(Func<string, Stream?> open, string name, string source)
    {
        using var stream = open(name);
        if (stream is null) return null;
        if (stream.CanSeek && stream.Length > 100_000_000) throw new InvalidDataException($"{source}: {stream.Length} bytes are too many for such a file.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static IEnumerable<string> Shards(string index, string source)
    {
        try
        {
            using var json = JsonDocument.Parse(index);
            string[] names = [.. json.RootElement.GetProperty("weight_map").EnumerateObject().Select(p => p.Value.GetString() ?? "").Distinct().Order(StringComparer.Ordinal)];
            // A shard is a file beside the index, never a path out of the folder.
            if (names.FirstOrDefault(n => n.Length == 0 || n.Contains('/') || n.Contains('\\') || n.Contains("..")) is { } bad) throw new InvalidDataException($"{source}: '{bad}' is not the name of a file beside it.");
            return names;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"{source}: not an index of safetensors shards ({e.Message}).", e);
        }
    }

    private static string? RecordedTemplate(string? json, string source)
    {
        if (json is null) return null;
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.TryGetProperty("chat_template", out var name) ? name.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{source}: not the JSON object it should be ({e.Message}).", e);
        }
    }

    private static ChatTemplate ChooseTemplate(string? name, LanguageModelTokenizer tokenizer, string source)
    {
        if ((name ?? tokenizer.ChatTemplateName) is { } known)
        {
            var template = ChatTemplate.Get(known);
            CheckTemplate(template, tokenizer);
            return template;
        }
        return new[] { ChatTemplate.Zephyr, ChatTemplate.ChatMl }.FirstOrDefault(t => t.SpecialTokens.All(s => tokenizer.TokenToId(s) is not null))
            ?? throw new InvalidDataException($"{source}: the model has no chat template that is known, and the tokenizer lacks the special tokens of Zephyr's and ChatML's; "
                + $"set {nameof(LanguageModelOptions)}.{nameof(LanguageModelOptions.ChatTemplate)} to one of {string.Join(", ", ChatTemplate.All.Select(t => t.Name))}.");
    }

    private static void CheckTemplate(ChatTemplate template, LanguageModelTokenizer tokenizer)
    {
        var missing = template.SpecialTokens.Where(s => tokenizer.TokenToId(s) is null).ToList();
        if (missing.Count > 0) throw new InvalidDataException($"The chat template '{template.Name}' needs tokens that the tokenizer lacks: {string.Join(", ", missing)}.");
    }

    private static void CheckVocabulary(ModelConfig config, LanguageModelTokenizer tokenizer, string source)
    {
        if (tokenizer.VocabularySize > config.VocabSize)
            throw new InvalidDataException($"{source}: has token ids up to {tokenizer.VocabularySize - 1}, the model's vocab_size is {config.VocabSize}.");
    }

    private static Action<Stream> Text(string text) => stream => stream.Write(Encoding.UTF8.GetBytes(text));

    private string TypeName => Network.DataType switch
    {
        ScalarType.Float16 => "float16",
        ScalarType.BFloat16 => "bfloat16",
        var other => other.ToString().ToLowerInvariant(),
    };

    private string GenerationConfig()
    {
        var json = new JsonObject { ["_from_model_config"] = false, ["bos_token_id"] = Config.BosTokenId, ["eos_token_id"] = new JsonArray([.. StopTokenIds.Select(id => (JsonNode)id)]) };
        if ((Config.PadTokenId ?? Tokenizer.PadTokenId) is { } pad) json["pad_token_id"] = pad;
        return json.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    private string ComputeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, weight) in Network.NamedWeights)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name}|{SafeTensorsHeader.NameOf(weight.dtype)}|{string.Join(",", weight.shape)}\n")));
            TensorBytes.Append(hash, weight);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
