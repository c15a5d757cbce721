using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>
/// The reference's log-probabilities of the pairs that training needs, computed once before the first step; so no second model is kept. They are computed in
/// the very batches of training, so that at the first step every log-ratio is exactly 0.
/// </summary>
internal static class ReferenceLogProbabilities
{
    private const int HashLength = SHA256.HashSizeInBytes;

    /// <summary>Fills in what is missing of <paramref name="known"/>.</summary>
    /// <param name="model">The model as it is now.</param>
    /// <param name="data">The pairs.</param>
    /// <param name="batches">Batches of them in the order of training; one is computed if it has a pair that is still missing.</param>
    /// <param name="known">(chosen, rejected) for each used pair; NaN where missing.</param>
    /// <param name="options">LD-DPO's weight.</param>
    /// <param name="context">Progress and cancellation.</param>
    /// <param name="total">Number of pairs that will be computed, for the progress; 0: do not report.</param>
    /// <param name="cache">Where to keep what is known once a minute, so that a kill costs no more; null: nowhere.</param>
    public static void Compute(CausalLM model, PreferenceData data, IEnumerable<int[]> batches, PairLogProbabilities[] known, DpoOptions options, TrainingContext context, int total, string? cache)
    {
        using var noGrad = no_grad();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var kept = TimeSpan.Zero;
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
            if (watch.Elapsed - kept > TimeSpan.FromMinutes(1))
            {
                Save(cache, known);
                kept = watch.Elapsed;
            }
            tokens += batch.Tokens;
            double seconds = watch.Elapsed.TotalSeconds;
            if (total > 0)
                context.Progress?.Report(new("dDPO reference", done, total, double.NaN, 0, double.NaN, tokens / Math.Max(seconds, 1e-9), TimeSpan.FromSeconds(seconds / done * Math.Max(0, total - done)), new Dictionary<string, double>()));
        }
    }

    /// <summary>
    /// The cache's file, or null without a folder for it (a folder of checkpoints will do). Its name hangs on the weights and on the token ids of all rows, and so on the tokenizer and the chat template that made these, and on all options that move a log-probability.
    /// </summary>
    public static string? CacheFile(CausalLM model, IReadOnlyList<PreferenceRow> rows, DpoOptions options, TrainingContext context)
    {
        if ((context.CacheFolder ?? options.CheckpointFolder) is not { } folder)
            return null;
        var key = FormattableString.Invariant($"2|{options.MaxLength}|{options.Truncation}|{options.LdAlpha}|{Fingerprint.Of(rows)}|{Fingerprint.Of(model)}{(options.ReferenceWithoutAdapter ? "|base" : "")}");
        return Path.Combine(folder, $"reference-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16))}.logps");
    }

    /// <summary>What the cache knows; NaN for the rest. A file that is not as it was written counts as none.</summary>
    public static PairLogProbabilities[] Load(string? file, int pairs)
    {
        var known = new PairLogProbabilities[pairs];
        Array.Fill(known, new(float.NaN, float.NaN));
        if (file is not null && File.Exists(file) && File.ReadAllBytes(file) is var bytes && bytes.Length == 8L * pairs + HashLength && SHA256.HashData(bytes.AsSpan(HashLength)).AsSpan().SequenceEqual(bytes.AsSpan(0, HashLength)))
            bytes.AsSpan(HashLength).CopyTo(MemoryMarshal.AsBytes(known.AsSpan()));
        return known;
    }

    /// <summary>Keeps them; the file is replaced whole or not at all.</summary>
    public static void Save(string? file, PairLogProbabilities[] known)
    {
        if (file is null)
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var part = $"{file}.{Guid.NewGuid():N}.part";
        var bytes = MemoryMarshal.AsBytes(known.AsSpan());
        File.WriteAllBytes(part, [.. SHA256.HashData(bytes), .. bytes]);
        File.Move(part, file, overwrite: true);
    }
}
