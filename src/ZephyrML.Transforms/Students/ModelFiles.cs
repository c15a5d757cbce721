using System.Security.Cryptography;
using System.Text;
using ZephyrML.LanguageModels;

namespace ZephyrML.Transforms.Students;

/// <summary>A language model as named files: what a zip holds of it.</summary>
internal static class ModelFiles
{
    /// <summary>A name for the base's content: the weights' hash, and the small files that stand beside the weights.</summary>
    public static string Key(LanguageModel model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(model.BaseHash));
        foreach (var (name, write) in model.Files().Where(file => !IsWeights(file.Name)))
        {
            using var content = new MemoryStream();
            write(content);
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{name} {content.Length}\n"));
            hash.AppendData(content.ToArray());
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Whether a file holds weights: large, and not worth compressing.</summary>
    public static bool IsWeights(string name) => name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);
}
