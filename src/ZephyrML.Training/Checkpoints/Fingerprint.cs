using System.Security.Cryptography;
using System.Text;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>Hashes of what goes into a run.</summary>
internal static class Fingerprint
{
    private const long Chunk = 4 << 20;

    public static string Of(IReadOnlyList<SftRow> rows) => OfRows(rows, new SftRowCodec());

    public static string Of(IReadOnlyList<PreferenceRow> rows) => OfRows(rows, new PreferenceRowCodec());

    /// <summary>Of a model's configuration and all its weights, trained or not.</summary>
    public static string Of(CausalLM model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(model.Config.ToJson() + model.Adapter?.Options.ToJson()));
        Add(hash, model);
        return $"{model.Config.ModelType} {Hex(hash)}";
    }

    /// <summary>Adds names, types, shapes and bytes of all weights.</summary>
    public static void Add(IncrementalHash hash, CausalLM model)
    {
        foreach (var (name, weight) in model.State)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{name}|{weight.dtype}|{string.Join(",", weight.shape)}\n")));
            using var scope = NewDisposeScope();
            var flat = weight.detach().contiguous().view(-1);
            for (long at = 0; at < flat.shape[0]; at += Chunk) // a span holds 2 GiB at most
            {
                using var pieceScope = NewDisposeScope();
                hash.AppendData(flat.narrow(0, at, Math.Min(Chunk, flat.shape[0] - at)).cpu().bytes);
            }
        }
    }

    private static string OfRows<TRow>(IReadOnlyList<TRow> rows, RowCodec<TRow> codec)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var writer = new RowWriter();
        foreach (var row in rows)
        {
            codec.Write(row, writer);
            hash.AppendData(writer.Written);
            writer.Clear();
        }
        return $"{rows.Count} rows {Hex(hash)}";
    }

    private static string Hex(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
}
