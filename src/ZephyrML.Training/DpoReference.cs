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
internal sealed class PrecomputedReference : DpoReference
{
    private readonly PairLogProbabilities[] known;

    /// <param name="policy">The policy as it starts.</param>
    /// <param name="rows">All rows, for the cache's key.</param>
    /// <param name="data">Those that are used.</param>
    /// <param name="batches">The batches in which they will be asked for.</param>
    /// <param name="options">Length, truncation.</param>
    /// <param name="context">The cache.</param>
    public PrecomputedReference(CausalLM policy, IReadOnlyList<PreferenceRow> rows, PreferenceData data, IEnumerable<int[]> batches, DpoOptions options, TrainingContext context)
    {
        var file = ReferenceLogProbabilities.CacheFile(policy, rows, options, context);
        known = ReferenceLogProbabilities.Load(file, data.Used.Count);
        int missing = batches.SelectMany(b => b).Distinct().Count(i => float.IsNaN(known[i].Chosen));
        FromCache = missing == 0 && context.CacheFolder is not null;
        if (missing == 0)
            return;
        ReferenceLogProbabilities.Compute(policy, data, batches, known, options, context, missing);
        ReferenceLogProbabilities.Save(file, known);
    }

    public override (Tensor Chosen, Tensor Rejected) Of(TokenBatch batch, int[] pairs)
    {
        Tensor Column(Func<PairLogProbabilities, float> value) => tensor(pairs.Select(p => value(known[p])).ToArray(), [pairs.Length]).to(batch.Ids.device);
        return (Column(k => k.Chosen), Column(k => k.Rejected));
    }
}

/// <summary>A frozen copy of the policy that is mixed towards it at intervals (TR-DPO, Gorbatovski et al. 2024, arXiv 2404.09656; TRL's <c>sync_ref_model</c>).</summary>
internal sealed class SyncedReference : DpoReference, IDisposable
{
    private readonly CausalLM policy, copy;
    private readonly DpoOptions options;

    public SyncedReference(CausalLM policy, DpoOptions options)
    {
        (this.policy, this.options) = (policy, options);
        copy = new CausalLM(policy.Config, policy.DataType, policy.Device);
        copy.eval();
        Mix(1);
    }

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
        foreach (var (kept, learnt) in copy.NamedWeights.Zip(policy.NamedWeights))
            kept.Weight.mul_(1 - α).add_(learnt.Weight, α);
    }

    public void Dispose() => copy.Dispose();
}
