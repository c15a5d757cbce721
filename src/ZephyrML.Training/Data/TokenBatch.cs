using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>
/// Documents laid out as rows of the longest one's length: attention costs the square of a row's length, so rows are never longer than they must be.
/// Several short documents share a row where that saves a tenth of the rows; else each has its own, padded on the right. The two sides of a pair share their prompt where that saves a tenth of the
/// arithmetic. The numbers do not depend on it.
/// </summary>
internal sealed class TokenBatch : IDisposable
{
    private readonly int[] targetsPerDocument;
    private readonly Device device;
    private readonly float[] documentLengths;
    private Tensor? slots;

    /// <param name="documents">What is computed; pairs as all first sides, then all second ones.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="device">Where it is.</param>
    /// <param name="prompts">For each pair, how many tokens at the beginning of both sides are the same; null: these are no pairs.</param>
    public TokenBatch(IReadOnlyList<Document> documents, ModelConfig config, Device device, IReadOnlyList<int>? prompts = null)
    {
        this.device = device;
        int[] lengths = [.. documents.Select(d => d.Length)];
        int pairs = documents.Count / 2;
        int[]? trees = prompts is null ? null : [.. prompts.Select((prompt, b) => lengths[b] + lengths[b + pairs] - prompt)];
        if (trees is not null && !SharingPays(lengths, trees, config))
            trees = null;
        var (rows, width, share) = Arrange(trees ?? lengths);

        var ids = new long[rows.Count * width];
        documentLengths = new float[rows.Count * width];
        var start = new int[documents.Count];
        for (int row = 0; row < rows.Count; row++)
        {
            int at = row * width;
            foreach (int block in rows[row])
            {
                start[block] = at;
                if (trees is not null)
                    start[block + pairs] = at;
                at += (trees ?? lengths)[block];
            }
        }
        // A second side goes on behind the first one after the prompt that they share.
        int Place(int document, int i) => start[document] + i + (trees is not null && document >= pairs && i >= prompts![document - pairs] ? lengths[document - pairs] - prompts[document - pairs] : 0);
        for (int document = 0; document < documents.Count; document++)
            for (int i = 0; i < lengths[document]; i++)
            {
                int place = Place(document, i);
                (ids[place], documentLengths[place]) = (documents[document].Ids[i], lengths[document]);
            }
        var positions = new List<long>();
        var targets = new List<long>();
        targetsPerDocument = new int[documents.Count];
        for (int document = 0; document < documents.Count; document++)
            for (int i = 1; i < lengths[document]; i++)
                if (documents[document].IsTarget(i))
                {
                    positions.Add(Place(document, i - 1));
                    targets.Add(documents[document].Ids[i]);
                    targetsPerDocument[document]++;
                }
        CompletionLengths = [.. documents.Select(d => d.Length - d.SupervisedFrom)];
        Tokens = lengths.Sum();
        TargetCount = targets.Count;
        using var scope = NewDisposeScope();
        Ids = tensor(ids, [rows.Count, width]).to(device).DetachFromDisposeScope();
        Positions = tensor(positions.ToArray(), [positions.Count]).to(device).DetachFromDisposeScope();
        Targets = tensor(targets.ToArray(), [targets.Count]).to(device).DetachFromDisposeScope();
        Layout = trees is not null ? AttentionLayout.Branched([.. rows.Select(row => row.Select(b => (prompts![b], lengths[b] - prompts[b], lengths[b + pairs] - prompts[b])).ToArray())], width, config, device)
            : share ? AttentionLayout.Packed([.. rows.Select(row => row.Select(d => lengths[d]).ToArray())], width, config, device) : null;
    }

    /// <summary>How many rows of how many positions documents of these lengths take.</summary>
    public static (int Rows, int Width) Shape(int[] lengths) => Arrange(lengths) is var (rows, width, _) ? (rows.Count, width) : default;

    /// <summary>(B, T) token ids, int64.</summary>
    public Tensor Ids { get; }

    /// <summary>(B, T) on the CPU, float32: the length of the document at each position; 0 where there is none. Belongs to the caller's dispose scope.</summary>
    public Tensor DocumentLengths => tensor(documentLengths, Ids.shape);

    /// <summary>Who sees whom, where documents share rows.</summary>
    public AttentionLayout? Layout { get; }

    /// <summary>(N) for each target the position (of B·T) that predicts it; document by document, in order.</summary>
    public Tensor Positions { get; }

    /// <summary>(N) the target tokens.</summary>
    public Tensor Targets { get; }

    /// <summary>N: the targets of all documents.</summary>
    public int TargetCount { get; }

    /// <summary>Tokens of all documents, padding not counted.</summary>
    public int Tokens { get; }

    /// <summary>N, document by document.</summary>
    public IReadOnlyList<int> TargetsPerDocument => targetsPerDocument;

    /// <summary>Tokens of each document's completion, where it has one; the first is no target if nothing stands before it.</summary>
    public IReadOnlyList<int> CompletionLengths { get; }

    /// <summary>Sums values per target (N) to values per document (D). Differentiable; the same on every run, also on a GPU.</summary>
    public Tensor SumByDocument(Tensor values)
    {
        int width = Math.Max(1, targetsPerDocument.Max());
        slots ??= Slots(width).DetachFromDisposeScope();
        return zeros(targetsPerDocument.Length * width, dtype: values.dtype, device: device)
            .index_copy(0, slots, values).view(targetsPerDocument.Length, width).sum(1);
    }

    public void Dispose()
    {
        Ids.Dispose();
        Positions.Dispose();
        Targets.Dispose();
        slots?.Dispose();
        Layout?.Dispose();
    }

    /// <summary>Whether sharing prompts saves a tenth of the arithmetic: fewer tokens, but longer rows, whose attention costs the square.</summary>
    private static bool SharingPays(int[] lengths, int[] trees, ModelConfig c)
    {
        double Cost(int[] some)
        {
            var (rows, width) = Shape(some);
            long heads = (long)c.NumAttentionHeads * c.HeadDim, keys = (long)c.NumKeyValueHeads * c.HeadDim;
            return (double)rows * width * (2L * c.HiddenSize * (heads + keys) + 3L * c.HiddenSize * c.IntermediateSize + 2 * heads * width);
        }
        return Cost(trees) < 0.9 * Cost(lengths);
    }

    private static (IReadOnlyList<int[]> Rows, int Width, bool Share) Arrange(int[] lengths)
    {
        int width = lengths.Max();
        var packed = BestFitPacker.Pack(lengths, width, int.MaxValue);
        bool share = packed.Count <= 0.9 * lengths.Length;
        return (share ? packed : [.. Enumerable.Range(0, lengths.Length).Select(i => new[] { i })], width, share);
    }

    private Tensor Slots(int width)
    {
        var place = new long[TargetCount];
        for (int document = 0, n = 0; document < targetsPerDocument.Length; document++)
            for (int i = 0; i < targetsPerDocument[document]; i++)
                place[n++] = (long)document * width + i;
        return tensor(place, [place.Length]).to(device);
    }
}
