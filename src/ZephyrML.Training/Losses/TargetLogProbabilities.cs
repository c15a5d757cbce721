using System.Diagnostics.CodeAnalysis;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>
/// log π(target) of a batch's targets. Logits exist only where there is a target, and only a tile of them at a time: where all fit one tile they are kept
/// for the backward pass, else <see cref="Backward"/> computes each tile again.
/// </summary>
/// <remarks>
/// In use: make a loss of <see cref="Values"/>, call its backward(), then <see cref="Backward"/>. Without gradients (under no_grad) only the values are computed.
/// The tensors belong to the caller's dispose scope.
/// </remarks>
internal sealed class TargetLogProbabilities
{
    /// <summary>Logits in a tile: 32 MiB of float32, times about three in the backward pass.</summary>
    public const long TileElements = 8 << 20;

    private readonly CausalLM model;
    private readonly Tensor selected, targets;
    private readonly long tile;
    private readonly bool again, squares;

    /// <param name="model">Its head.</param>
    /// <param name="hidden">(B, T, C) hidden states.</param>
    /// <param name="batch">Where the targets are.</param>
    /// <param name="gradient">
    /// The gradient of the loss by each of the values where it hangs on that value alone (cross-entropy: −1/N): values, detached, to gradients. Then the backward pass through the head is made at once, tile by tile,
    /// nothing is computed twice, and the caller must call <see cref="Backward"/> alone.
    /// </param>
    /// <param name="squares">Whether <see cref="LogSumSquares"/> is wanted.</param>
    /// <param name="tileElements">Logits in a tile.</param>
    public TargetLogProbabilities(CausalLM model, Tensor hidden, TokenBatch batch, Func<Tensor, Tensor>? gradient = null, bool squares = false, long tileElements = TileElements)
    {
        (this.model, this.squares, targets) = (model, squares, batch.Targets);
        tile = Math.Max(1, tileElements / model.Config.VocabSize);
        selected = hidden.reshape(-1, hidden.shape[^1]).index_select(0, batch.Positions);                       // (N, C)
        bool grad = selected.requires_grad;
        if (grad && gradient is not null)
        {
            var values = new List<Tensor[]>();
            SelectedGradient = Tiles((h, t, _, _) =>
            {
                var one = OfTile(h, t);
                one[0].backward([gradient(one[0].detach())]);
                values.Add([.. one.Select(x => x.detach().MoveToOuterDisposeScope())]);
            });
            Take(Joined(values));
        }
        else if (targets.shape[0] <= tile)
        {
            Take(OfTile(selected, targets));
        }
        else
        {
            using (no_grad())
            {
                var values = new List<Tensor[]>();
                for (long at = 0; at < targets.shape[0]; at += tile)
                {
                    long length = Math.Min(tile, targets.shape[0] - at);
                    values.Add(OfTile(selected.narrow(0, at, length), targets.narrow(0, at, length)));
                }
                Take(Joined(values));
            }
            again = grad;
            if (grad)
                Values.requires_grad = true;
        }
    }

    /// <summary>(N) log-probabilities of the targets.</summary>
    public Tensor Values { get; private set; }

    /// <summary>(N) entropy of the distribution at each target; no gradient.</summary>
    public Tensor Entropy { get; private set; }

    /// <summary>(N) 1 where the target is the most probable token, else 0; no gradient.</summary>
    public Tensor Correct { get; private set; }

    /// <summary>(N) mean logit over the vocabulary at each target; no gradient.</summary>
    public Tensor MeanLogit { get; private set; }

    /// <summary>(N) log Σ p² over the vocabulary at each target, if it was wanted; no gradient.</summary>
    public Tensor? LogSumSquares { get; private set; }

    private Tensor? SelectedGradient { get; set; }

    /// <summary>Carries the gradient of <see cref="Values"/> into the model's gradients. Needed after the loss's own backward().</summary>
    public void Backward()
    {
        if (again)
        {
            using var upstream = Values.grad!;
            SelectedGradient = Tiles((h, t, at, length) => OfTile(h, t)[0].backward([upstream.narrow(0, at, length)]));
        }
        if (SelectedGradient is not null)
            selected.backward([SelectedGradient]);
    }

    /// <summary>Runs each tile of the selected states as a leaf of its own graph, and gives the gradient of all.</summary>
    private Tensor Tiles(Action<Tensor, Tensor, long, long> forwardAndBackward)
    {
        var gradients = new List<Tensor>();
        for (long at = 0; at < targets.shape[0]; at += tile)
        {
            using var scope = NewDisposeScope();
            long length = Math.Min(tile, targets.shape[0] - at);
            var leaf = selected.narrow(0, at, length).detach();
            leaf.requires_grad = true;
            forwardAndBackward(leaf, targets.narrow(0, at, length), at, length);
            gradients.Add(leaf.grad!.MoveToOuterDisposeScope());
        }
        return gradients.Count == 1 ? gradients[0] : cat(gradients);
    }

    private Tensor[] OfTile(Tensor hidden, Tensor targets)
    {
        var logits = model.Logits(hidden).to(ScalarType.Float32);                                               // (n, V)
        var all = logits.log_softmax(-1);
        var values = all.gather(-1, targets.unsqueeze(-1)).squeeze(-1);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        all = all.detach();
        var entropy = (all.exp() * all).sum(-1).neg();
        var correct = all.argmax(-1).eq(targets).to(ScalarType.Float32);
        Tensor[] measured = [entropy, correct, logits.detach().mean([-1]), .. squares ? [(all * 2).logsumexp(-1)] : Array.Empty<Tensor>()];
        return [values, .. measured.Select(t => t.MoveToOuterDisposeScope())];
    }

    private static Tensor[] Joined(List<Tensor[]> tiles) =>
        tiles.Count == 1 ? tiles[0] : [.. tiles[0].Select((_, i) => cat([.. tiles.Select(t => t[i])]))];

    [MemberNotNull(nameof(Values), nameof(Entropy), nameof(Correct), nameof(MeanLogit))]
    private void Take(Tensor[] one)
    {
        (Values, Entropy, Correct, MeanLogit) = (one[0], one[1], one[2], one[3]);
        LogSumSquares = squares ? one[4] : null;
    }
}
