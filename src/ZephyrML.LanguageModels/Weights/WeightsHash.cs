using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Tells weights by their content: a line for each weight, and a hash over the lines.</summary>
internal static class WeightsHash
{
    /// <summary>A weight's name, type, shape and the SHA-256 of its bytes.</summary>
    public static string Line(string name, Tensor weight)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        TensorBytes.Append(hash, weight);
        return string.Create(CultureInfo.InvariantCulture, $"{name}|{SafeTensorsHeader.NameOf(weight.dtype)}|{string.Join(",", weight.shape)}|{Convert.ToHexStringLower(hash.GetHashAndReset())}\n");
    }

    /// <summary>SHA-256, in hexadecimal, over lines.</summary>
    public static string Of(IEnumerable<string> lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string line in lines) hash.AppendData(Encoding.UTF8.GetBytes(line));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
