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

    /// <summary>Reads a folder: config.json, tokenizer.json and its like, and model.safetensors (or shards with an index) or model.gguf. A GGUF file alone will do, in a folder or by its own path: configuration, tokenizer and chat template are then those of its metadata.</summary>
    /// <param name="folder">The folder, or a GGUF file.</param>
    /// <param name="options">How.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder or file.</exception>
    /// <exception cref="FileNotFoundException">The folder lacks a file; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is malformed or not supported, or the weights do not fit the configuration.</exception>
    /// <exception cref="NotSupportedException">The tokenizer asks for something that is not supported.</exception>
    public static LanguageModel Load(string folder, LanguageModelOptions? options = null)
    {
        if (File.Exists(folder)) return Read(name => name == LanguageModelReader.GgufFile ? File.OpenRead(folder) : null, options, "", folder);
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no model folder '{folder}'.");
        return Read(name => Path.Combine(folder, name) is var path && File.Exists(path) ? File.OpenRead(path) : null, options, folder);
    }

    /// <summary>Reads a model by its files' names, wherever they are.</summary>
    /// <param name="open">Opens a file by name, at its beginning; null where there is none.</param>
    /// <param name="options">How.</param>
    /// <exception cref="FileNotFoundException">A file is missing; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is malformed or not supported, or the weights do not fit the configuration.</exception>
    /// <exception cref="NotSupportedException">The tokenizer asks for something that is not supported.</exception>
    public static LanguageModel Read(Func<string, Stream?> open, LanguageModelOptions? options = null) => Read(open, options, "");

    /// <summary>A model with random weights.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="tokenizer">Its tokenizer; must not have more tokens than the configuration.</param>
    /// <param name="template">Its chat template.</param>
    /// <param name="seed">See <see cref="CausalLM"/>.</param>
    public static LanguageModel Create(ModelConfig config, LanguageModelTokenizer tokenizer, ChatTemplate template, int seed)
    {
        LanguageModelReader.CheckVocabulary(config, tokenizer, "The tokenizer");
        LanguageModelReader.CheckTemplate(template, tokenizer);
        return new LanguageModel(new CausalLM(config, seed: seed), tokenizer, template);
    }

    /// <summary>SHA-256, in hexadecimal, over the weights' names, shapes, type and bytes. Computed when asked for and kept until <see cref="WeightsChanged"/>.</summary>
    public string WeightsHash => _weightsHash ??= ComputeHash();

    /// <summary>To be called when the weights were changed.</summary>
    public void WeightsChanged() => _weightsHash = null;

    /// <summary>A model with a copy of the weights; tokenizer and template, which never change, are shared.</summary>
    public LanguageModel Clone()
    {
        return new LanguageModel(Network.Clone(), Tokenizer, Template) { _weightsHash = _weightsHash };
    }

    /// <summary>The files that hold this model and that <see cref="Read(Func{string, Stream?}, LanguageModelOptions?)"/> reads: config.json, model.safetensors, zephyr.json (the chat template's name) and the tokenizer's. Each writes itself in a stream, without a copy of the weights.</summary>
    public IEnumerable<(string Name, Action<Stream> Write)> Files()
    {
        yield return (LanguageModelReader.ConfigFile, Text(Config.ToJson(TypeName)));
        yield return (LanguageModelReader.WeightsFile, stream => SafeTensorsWriter.Write(stream, [.. Network.NamedWeights.Select(w => (w.Name, (Tensor)w.Weight))], new Dictionary<string, string> { ["format"] = "pt" }));
        yield return (LanguageModelReader.RecordFile, Text(new JsonObject { ["format"] = 1, ["chat_template"] = Template.Name }.ToJsonString()));
        var tokenizer = Tokenizer.ChatTemplateName == Template.Name || Tokenizer.ChatTemplateText == Template.Jinja ? Tokenizer : Tokenizer.WithChatTemplate(Template);
        foreach (var file in tokenizer.Files()) yield return file;
    }

    /// <summary>Writes a folder that transformers and <see cref="Load"/> read. Each file appears under its name only when it is whole.</summary>
    /// <param name="folder">The folder; made if it is not there. Files of the same name are replaced.</param>
    public void SaveHuggingFace(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, write) in Files().Append(("generation_config.json", Text(GenerationConfig())))) WholeFile.Write(Path.Combine(folder, name), write);
    }

    /// <summary>Writes one GGUF file with metadata, tokenizer and chat template, which llama.cpp and Ollama (<c>FROM ./model.gguf</c>) read, and <see cref="Load"/> too. It appears under its name only when it is whole; tensors are converted one after the other.</summary>
    /// <param name="path">The file; its folder is made if it is not there. A file of that name is replaced.</param>
    /// <param name="type">How the matrices are stored.</param>
    /// <exception cref="NotSupportedException">llama.cpp does not compute such a model or does not have such a tokenizer; the message names what.</exception>
    /// <exception cref="InvalidOperationException">There is an adapter on the network that is not merged into it.</exception>
    public void SaveGguf(string path, GgufType type)
    {
        if (Network.Adapter is not null) throw new InvalidOperationException("A GGUF file holds one set of weights, and there is an adapter on the network: save the merged model.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        GgufModel.Save(path, Network, Tokenizer, Template, type);
    }

    /// <summary>Frees the weights.</summary>
    public void Dispose() => Network.Dispose();

    private static LanguageModel Read(Func<string, Stream?> open, LanguageModelOptions? options, string folder, string? gguf = null)
    {
        using var reader = gguf is null ? new LanguageModelReader(open, options ?? new LanguageModelOptions(), folder)
            : new LanguageModelReader(name => name == gguf ? open(LanguageModelReader.GgufFile) : null, options ?? new LanguageModelOptions(), folder, gguf);
        var config = reader.ReadConfig();
        var (tokenizer, template) = reader.ReadTokenizer(config);
        return new LanguageModel(reader.ReadNetwork(config), tokenizer, template);
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
