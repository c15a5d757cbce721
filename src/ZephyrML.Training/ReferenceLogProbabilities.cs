using System.Security.Cryptography;
using System.Runtime.InteropServices;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>
/// The reference's log-probabilities of the pairs that training needs, computed once before the first step; so no second model is kept. They are computed in
/// the very batches of training, so that at the first step every log-ratio is exactly 0.
/// </summary>
internal static class ReferenceLogProbabilities
{
    /// <summary>Fills in what is missing of <paramref name="known"/>.</summary>
    /// <param name="model">The model as it is now.</param>
    /// <param name="data">The pairs.</param>
    /// <param name="batches">Batches of them in the order of training; one is computed if it has a pair that is still missing.</param>
    /// <param name="known">(chosen, rejected) for each used pair; NaN where missing.</param>
    /// <param name="options">LD-DPO's weight.</param>
    /// <param name="context">Progress and cancellation.</param>
    /// <param name="total">Number of pairs that will be computed, for the progress; 0: do not report.</param>
    public static void Compute(CausalLM model, PreferenceData data, IEnumerable<int[]> batches, PairLogProbabilities[] known, DpoOptions options, TrainingContext context, int total)
    {
        using var noGrad = no_grad();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        long tokens = 0;
        int done = 0;
        foreach (var pairs in batches)
        {
            if (pairs.All(p => !float.IsNaN(known[p].Chosen)))
                continue;
            context.CancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var batch = data.Batch(pairs, model);
            var sums = PairMeasures.CompletionSums(batch, new TargetLogProbabilities(model, model.Hidden(batch.Ids, batch.Layout), batch).Values, options).ToFloats();
            for (int i = 0; i < pairs.Length; i++)
            {
                if (!float.IsNaN(known[pairs[i]].Chosen))
                    continue;
                known[pairs[i]] = new(sums[i], sums[pairs.Length + i]);
                done++;
            }
            tokens += batch.Tokens;
            double seconds = watch.Elapsed.TotalSeconds;
            if (total > 0)
                context.Progress?.Report(new("dDPO reference", done, total, double.NaN, 0, double.NaN, tokens / Math.Max(seconds, 1e-9), TimeSpan.FromSeconds(seconds / done * Math.Max(0, total - done)), new Dictionary<string, double>()));
        }
    }

    /// <summary>The cache's file for these rows and weights, or null without a cache folder.</summary>
    public static string? CacheFile(CausalLM model, IReadOnlyList<PreferenceRow> rows, DpoOptions options, TrainingContext context)
    {
        if (context.CacheFolder is null)
            return null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(ReadOnlySpan<int> ids)
        {
            hash.AppendData(BitConverter.GetBytes(ids.Length));
            hash.AppendData(MemoryMarshal.AsBytes(ids));
        }
        Add([1, options.MaxLength, rows.Count]);
        if (options.Truncation != Truncation.KeepStart || options.LdAlpha is not null)
            Add([2, (int)options.Truncation, BitConverter.SingleToInt32Bits((float)(options.LdAlpha ?? 1))]);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(model.Config.ToJson()));
        foreach (var row in rows)
        {
            Add(row.Prompt);
            Add(row.Chosen);
            Add(row.Rejected);
        }
        foreach (var (name, weight) in model.NamedWeights)
        {
            using var scope = NewDisposeScope();
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(name));
            hash.AppendData(weight.detach().cpu().contiguous().bytes);
        }
        return Path.Combine(context.CacheFolder, $"reference-{Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16))}.logps");
    }

    /// <summary>What the cache knows; NaN for the rest.</summary>
    public static PairLogProbabilities[] Load(string? file, int pairs)
    {
        var known = new PairLogProbabilities[pairs];
        Array.Fill(known, new(float.NaN, float.NaN));
        if (file is not null && File.Exists(file) && new FileInfo(file).Length == 8L * pairs)
            File.ReadAllBytes(file).CopyTo(MemoryMarshal.AsBytes(known.AsSpan()));
        return known;
    }

    /// <summary>Keeps them; the file is replaced whole or not at all.</summary>
    public static void Save(string? file, PairLogProbabilities[] known)
    {
        if (file is null)
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var part = $"{file}.{Guid.NewGuid():N}.part";
        File.WriteAllBytes(part, MemoryMarshal.AsBytes(known.AsSpan()).ToArray());
        File.Move(part, file, overwrite: true);
    }
}
