using System.Text.Json;
using static TorchSharp.torch;

namespace ZephyrML.Training.Tests;

/// <summary>
/// The kind <c>loss</c>: our losses on the log-probabilities that TRL's trainer was given. As there, each side's log-probability is spread evenly over its completion, masked, and summed
/// in float32, so that the mask meets the gradients too (infinity times 0 is NaN). The last bit of such a sum, of which forward_kl makes 1e-5 and more, depends on where its terms stand and on
/// the version of libtorch; for a pair alone TRL's rewards tell it, and it is taken from there, if it is no more than two bits.
/// </summary>
internal static class LossReplay
{
    private const double Tolerance = 1e-5;

    // The stand-in's prompts have four tokens; that puts the completions where TRL's sums show them to be.
    private const int PromptTargets = 3;

    /// <summary>Why a case is none of dDPO's, or null.</summary>
    public static string? NotOurs(JsonElement c) => c.TryGetProperty("trainer", out var t) && t.GetString()! is var trainer && !trainer.StartsWith("none", StringComparison.Ordinal) ? $"{c.GetProperty("name").GetString()} ({trainer})" : null;

    public static IEnumerable<CaseReport> Run(JsonElement fixture) => fixture.GetProperty("cases").EnumerateArray().Where(c => NotOurs(c) is null).Select(Case);

    private static CaseReport Case(JsonElement c)
    {
        var report = new CaseReport(c.GetProperty("name").GetString()!);
        using var scope = NewDisposeScope();
        var options = OptionsOf(c.GetProperty("options"));
        options.Validate();
        var whole = new StandIn(c, null);
        var (loss, chosen, rejected) = DpoLosses.Compute(whole.Pairs(options), options);
        loss.backward();
        report.EachNumber("mean loss", [(float)c.GetProperty("mean_loss").Number()], Fixtures.Values(loss), Tolerance);
        Listed("chosen_rewards", x => report.EachNumber("chosen rewards", x, Fixtures.Values(chosen), Tolerance));
        Listed("rejected_rewards", x => report.EachNumber("rejected rewards", x, Fixtures.Values(rejected), Tolerance));
        if (c.TryGetProperty("batch_metrics", out var metrics))
        {
            Metric("rewards/chosen", chosen.mean());
            Metric("rewards/rejected", rejected.mean());
            Metric("rewards/accuracies", chosen.gt(rejected).to(ScalarType.Float32).mean());
            Metric("rewards/margins", (chosen - rejected).mean());
        }
        var gradients = c.GetProperty("grad");
        report.OfLargest("gradient, chosen", gradients.GetProperty("chosen_logps").Floats(), whole.ChosenGradient, Tolerance);
        report.OfLargest("gradient, rejected", gradients.GetProperty("rejected_logps").Floats(), whole.RejectedGradient, Tolerance);

        // Each pair alone.
        bool listed = c.TryGetProperty("losses", out var losses) && losses.ValueKind == JsonValueKind.Array, alone = c.TryGetProperty("single_pair_grad", out var single) && single.ValueKind == JsonValueKind.Object;
        float[] singleLoss = new float[whole.Count], singleChosen = new float[whole.Count], singleRejected = new float[whole.Count];
        for (int i = 0; i < whole.Count; i++)
        {
            var pair = new StandIn(c, i);
            var (one, _, _) = DpoLosses.Compute(pair.Pairs(options), options);
            one.backward();
            (singleLoss[i], singleChosen[i], singleRejected[i]) = (one.item<float>(), pair.ChosenGradient[0], pair.RejectedGradient[0]);
            if (listed && losses[i].ValueKind != JsonValueKind.Null)
                report.EachNumber("losses", [(float)losses[i].Number()], [singleLoss[i]], Tolerance);
        }
        if (alone)
        {
            report.OfLargest("gradient of a pair alone, chosen", single.GetProperty("chosen_logps").Floats(), singleChosen, Tolerance);
            report.OfLargest("gradient of a pair alone, rejected", single.GetProperty("rejected_logps").Floats(), singleRejected, Tolerance);
        }
        return report;

        void Listed(string name, Action<float[]> compare)
        {
            if (c.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array)
                compare(list.Floats());
        }

        void Metric(string name, Tensor value)
        {
            if (metrics.TryGetProperty(name, out var expected))
                report.EachNumber(name, [(float)expected.Number()], Fixtures.Values(value), Tolerance);
        }
    }

    private static DpoOptions OptionsOf(JsonElement o)
    {
        var set = new TraceOptions(o);
        bool cdpo = !o.TryGetProperty("loss_type", out _);                  // the published formula, which TRL lacks
        var options = set.Preferences();
        if (cdpo)
            options.Losses = [DpoLoss.Cdpo];
        set.RefuseTheRest();
        return options;
    }

    /// <summary>The model that answers the given log-probabilities, on all pairs or on one.</summary>
    private sealed class StandIn
    {
        private readonly Tensor chosen, rejected, chosenLengths, rejectedLengths, mask;
        private readonly JsonElement fixture, inputs;
        private readonly int? only;

        public StandIn(JsonElement fixture, int? only)
        {
            (this.fixture, inputs, this.only) = (fixture, fixture.GetProperty("inputs"), only);
            (chosen, rejected) = (Column("chosen_logps").requires_grad_(), Column("rejected_logps").requires_grad_());
            bool lengths = inputs.TryGetProperty("chosen_lengths", out _);
            (chosenLengths, rejectedLengths) = lengths ? (Column("chosen_lengths"), Column("rejected_lengths")) : (ones_like(chosen).detach(), ones_like(rejected).detach());
            using var noGrad = no_grad();
            var all = cat([chosenLengths, rejectedLengths]);
            mask = arange(all.max().item<float>(), dtype: ScalarType.Float32).unsqueeze(0).lt(all.unsqueeze(1)).to(ScalarType.Float32);        // (2B, T)
        }

        public int Count => (int)chosen.shape[0];

        public float[] ChosenGradient => Gradient(chosen);

        public float[] RejectedGradient => Gradient(rejected);

        public PairTensors Pairs(DpoOptions options)
        {
            var lengths = cat([chosenLengths, rejectedLengths]);
            Tensor PerToken(Tensor sums) => cat([zeros(sums.shape[0], PromptTargets), (sums / lengths).unsqueeze(1) * mask], 1);
            var perToken = PerToken(cat([chosen, rejected]));                                                                                 // (2B, T)
            Tensor policy = perToken.sum(1), reference = PerToken(cat([Column("ref_chosen_logps"), Column("ref_rejected_logps")])).sum(1);
            int B = Count;
            if (only is not null)
                policy = policy + LastBits(policy, reference, options.Beta);
            var pairs = new PairTensors(policy.narrow(0, 0, B), policy.narrow(0, B, B), reference.narrow(0, 0, B), reference.narrow(0, B, B), chosenLengths, rejectedLengths);
            if (!options.UseWeighting)
                return pairs;
            using var noGrad = no_grad();
            var squares = cat([Column("chosen_log_sum_sq_probs"), Column("rejected_log_sum_sq_probs")]).unsqueeze(1);
            var weights = (((perToken.narrow(1, PromptTargets, mask.shape[1]).detach() - squares) * mask).sum(1) / lengths).exp();
            return pairs with { Weights = weights.narrow(0, 0, B) * weights.narrow(0, B, B) };
        }

        /// <summary>What is missing to the log-ratios that TRL's rewards tell.</summary>
        private Tensor LastBits(Tensor policy, Tensor reference, double β)
        {
            float[] p = Fixtures.Values(policy), r = Fixtures.Values(reference), missing = new float[p.Length];
            if (!fixture.TryGetProperty("chosen_rewards", out _))
                return tensor(missing);
            float[] rewards = [.. Fixtures.Values(Of(fixture, "chosen_rewards")), .. Fixtures.Values(Of(fixture, "rejected_rewards"))];
            for (int i = 0; i < p.Length; i++)
            {
                float largest = Math.Max(Math.Abs(p[i]), Math.Abs(r[i])), bit = MathF.BitIncrement(largest) - largest;
                double difference = Math.Round((rewards[i] / (double)(float)β - ((double)p[i] - r[i])) / bit);
                missing[i] = Math.Abs(difference) <= 2 ? (float)difference * bit : 0;
            }
            return tensor(missing);
        }

        private Tensor Column(string name) => Of(inputs, name);

        private Tensor Of(JsonElement lists, string name)
        {
            var all = lists.GetProperty(name).Floats();
            return tensor(only is { } i ? [all[i]] : all);
        }

        private static float[] Gradient(Tensor leaf) => leaf.grad is { } g ? Fixtures.Values(g) : new float[leaf.shape[0]];
    }
}
