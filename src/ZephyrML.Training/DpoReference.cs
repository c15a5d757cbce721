using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>Where dDPO's reference log-probabilities come from.</summary>
internal abstract class DpoReference
{
    /// <summary>Of a batch's chosen and rejected completions, (B) each, without gradient.</summary>
    /// <param name="batch">The batch: chosen sides first.</param>
    /// <param name="pairs">The used rows it was made of.</param>
    public abstract (Tensor Chosen, Tensor Rejected) Of(TokenBatch batch, int[] pairs);

    /// <summary>Whether nothing had to be computed beforehand.</summary>
    public bool FromCache { get; protected init; }
}

/// <summary>Computed once, before the first step; so no second model is kept.</summary>
internal sealed class PrecomputedReference : DpoReference, ICheckpointed
{
    private readonly PairLogProbabilities[] known;
    private readonly string file;

    /// <param name="policy">The policy as it starts.</param>
    /// <param name="rows">All rows, for the cache's key.</param>
    /// <param name="data">Those that are used.</param>
    /// <param name="batches">The batches in which they will be asked for.</param>
    /// <param name="options">Length, truncation.</param>
    /// <param name="context">The cache.</param>
    /// <param name="run">Its checkpoint has them, if it goes on from one.</param>
    /// <param name="name">What they are called there.</param>
    public PrecomputedReference(CausalLM policy, IReadOnlyList<PreferenceRow> rows, PreferenceData data, IEnumerable<int[]> batches, DpoOptions options, TrainingContext context, TrainingRun run, string name = CheckpointFiles.Reference)
    {
        file = name;
        run.Keep(this);
        if (run.Found is { } found)
        {
            known = ReferenceLogProbabilities.Load(null, data.Used.Count);
            Load(found);
            FromCache = true;
            return;
        }
        var cache = ReferenceLogProbabilities.CacheFile(policy, rows, options, context);
        known = ReferenceLogProbabilities.Load(cache, data.Used.Count);
        int missing = batches.SelectMany(b => b).Distinct().Count(i => float.IsNaN(known[i].Chosen));
        FromCache = missing == 0 && cache is not null;
        if (missing == 0)
            return;
        ReferenceLogProbabilities.Compute(policy, data, batches, known, options, context, missing, cache);
        ReferenceLogProbabilities.Save(cache, known);
    }

    public void Save(CheckpointWriter to)
    {
        using var scope = NewDisposeScope();
        to.Tensors(file, [("chosen", tensor(known.Select(k => k.Chosen).ToArray(), [known.Length])), ("rejected", tensor(known.Select(k => k.Rejected).ToArray(), [known.Length]))]);
    }

    public void Load(CheckpointReader from)
    {
        using var scope = NewDisposeScope();
        Tensor chosen = empty(known.Length), rejected = empty(known.Length);
        from.Fill(file, [("chosen", chosen), ("rejected", rejected)]);
        var (c, r) = (chosen.ToFloats(), rejected.ToFloats());
        for (int i = 0; i < known.Length; i++)
            known[i] = new(c[i], r[i]);
    }

    public override (Tensor Chosen, Tensor Rejected) Of(TokenBatch batch, int[] pairs)
    {
        Tensor Column(Func<PairLogProbabilities, float> value) => tensor(pairs.Select(p => value(known[p])).ToArray(), [pairs.Length]).to(batch.Ids.device);
        return (Column(k => k.Chosen), Column(k => k.Rejected));
    }
}

/// <summary>A frozen copy of the policy that is mixed towards it at intervals (TR-DPO, Gorbatovski et al. 2024, arXiv 2404.09656; TRL's <c>sync_ref_model</c>).</summary>
internal sealed class SyncedReference : DpoReference, ICheckpointed, IDisposable
{
    private readonly CausalLM copy;
    private readonly DpoOptions options;
    private readonly List<((string Name, Tensor Weight) Kept, (string Name, Tensor Weight) Learnt)> mixed;

    public SyncedReference(CausalLM policy, DpoOptions options, TrainingRun run)
    {
        this.options = options;
        copy = policy.Clone(shareBase: policy.Adapter is not null);
        copy.eval();
        mixed = [.. copy.State.Zip(policy.State).Where(pair => pair.Second.Value.requires_grad)];
        run.Keep(this);
        if (run.Found is { } found)
            Load(found);
    }

    public void Save(CheckpointWriter to) => to.Tensors(CheckpointFiles.Reference, Named);

    public void Load(CheckpointReader from) => from.Fill(CheckpointFiles.Reference, Named);

    private List<(string Name, Tensor Tensor)> Named => [.. mixed.Select(pair => pair.Kept)];

    public override (Tensor Chosen, Tensor Rejected) Of(TokenBatch batch, int[] pairs)
    {
        using var noGrad = no_grad();
        var sums = PairMeasures.CompletionSums(batch, new TargetLogProbabilities(copy, copy.Hidden(batch.Ids, batch.Layout), batch).Values, options);
        return (sums.narrow(0, 0, pairs.Length), sums.narrow(0, pairs.Length, pairs.Length));
    }

    /// <summary>Mixes if it is time: reference ← (1−α)·reference + α·policy.</summary>
    public void AfterStep(int step)
    {
        if (step % options.ReferenceSyncSteps == 0)
            Mix(options.ReferenceMixup);
    }

    private void Mix(double α)
    {
        using var noGrad = no_grad();
        foreach (var (kept, learnt) in mixed)
            kept.Weight.mul_(1 - α).add_(learnt.Weight, α);
    }

    public void Dispose() => copy.Dispose();
}
