using System.Text;
using System.Text.Json;

namespace ZephyrML.LanguageModels;

/// <summary>The folder of an adapter: finds the model that it belongs to, and lays it on that.</summary>
internal static class AdapterFolder
{
    public const string BaseHashKey = "base_weights_sha256", BaseTypeKey = "base_weights_type";

    /// <summary>Whether a folder holds an adapter and no model.</summary>
    public static bool Is(string folder) => File.Exists(Path.Combine(folder, AdapterConfig.FileName)) && !File.Exists(Path.Combine(folder, LanguageModelReader.ConfigFile));

    public static LanguageModel Load(string folder, LanguageModelOptions options)
    {
        string config = Path.Combine(folder, AdapterConfig.FileName);
        var (_, named) = AdapterConfig.Read(File.ReadAllText(config, Encoding.UTF8), config);
        string from = options.BaseModel is { } given
            ? Directory.Exists(given) ? given : throw new DirectoryNotFoundException($"Option {nameof(LanguageModelOptions.BaseModel)}: there is no folder '{given}'.")
            : Find(folder, named) ?? throw new DirectoryNotFoundException(named is null
                ? $"{config}: base_model_name_or_path names no model; set option {nameof(LanguageModelOptions.BaseModel)} to the folder of the model that the adapter belongs to."
                : $"{config}: base_model_name_or_path is '{named}', which is no folder here, seen from the adapter's folder or from the current one; nothing is downloaded. Set option {nameof(LanguageModelOptions.BaseModel)} to the folder of that model.");
        if (Is(from)) throw new InvalidDataException($"{config}: the base '{from}' is an adapter itself, which is not supported; merge that one first.");
        var (template, hash, type) = Record(folder);
        var model = LanguageModel.Load(from, new LanguageModelOptions { ChatTemplate = options.ChatTemplate ?? template, DataType = options.DataType, Device = options.Device, Quantization = options.Quantization });
        try
        {
            // Weights of another type have another hash.
            if (hash is not null && (type is null || type == model.Network.DataType.ToString()) && hash != model.BaseHash)
                throw new InvalidDataException($"{config}: the adapter was trained on another base than '{from}': the weights there have the SHA-256 {model.BaseHash[..12]}…, those it was trained on {hash[..Math.Min(12, hash.Length)]}….");
            model.Network.ReadAdapter(LanguageModel.OpenIn(folder), folder);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static string? Find(string folder, string? named) =>
        string.IsNullOrWhiteSpace(named) ? null : new[] { Path.Combine(folder, named), named }.FirstOrDefault(Directory.Exists);

    private static (string? Template, string? BaseHash, string? Type) Record(string folder)
    {
        string path = Path.Combine(folder, LanguageModelReader.RecordFile);
        if (!File.Exists(path)) return (null, null, null);
        try
        {
            using var record = JsonDocument.Parse(File.ReadAllText(path, Encoding.UTF8));
            string? Text(string key) => record.RootElement.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            return (Text("chat_template") is { } name && !name.StartsWith("jinja-", StringComparison.Ordinal) ? name : null, Text(BaseHashKey), Text(BaseTypeKey));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: not the JSON object it should be ({e.Message}).", e);
        }
    }
}
