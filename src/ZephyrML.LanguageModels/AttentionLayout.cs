using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Which positions of a batch see one another, and what their positions in their document are.</summary>
public sealed class AttentionLayout : IDisposable
{
    private readonly ModelConfig _config;
    private readonly Tensor _firstKey;       // (B, T): the first position that each position sees, windows aside
    private readonly Tensor? _gapStart, _gapEnd;    // (B, T): the run of positions in between that each position does not see
    private readonly Tensor?[] _bias = new Tensor?[2];

    private AttentionLayout(long[] positions, long[] firstKey, int rows, int length, ModelConfig config, Device device, (long[] Start, long[] End)? gaps = null)
    {
        (_config, Rows, Length) = (config, rows, length);
        PositionCount = positions.Length == 0 ? 1 : positions.Max() + 1;
        using var scope = NewDisposeScope();
        Positions = tensor(positions, [rows, length]).to(device).DetachFromDisposeScope();
        _firstKey = tensor(firstKey, [rows, length]).to(device).DetachFromDisposeScope();
        if (gaps is not var (start, end)) return;
        _gapStart = tensor(start, [rows, length]).to(device).DetachFromDisposeScope();
        _gapEnd = tensor(end, [rows, length]).to(device).DetachFromDisposeScope();
    }

    /// <summary>B: rows of the batch.</summary>
    public int Rows { get; }

    /// <summary>T: positions of a row.</summary>
    public int Length { get; }

    /// <summary>(B, T) int64: the position within the document.</summary>
    internal Tensor Positions { get; }

    internal long PositionCount { get; }

    /// <summary>Several documents in a row: each token sees those before it in its own document (and within the sliding window), positions restart at 0.</summary>
    /// <param name="documentLengthsPerRow">For each row, how long its documents are, in order; what is left at the end of the row is padding.</param>
    /// <param name="rowLength">T.</param>
    /// <param name="config">The model's heads and window.</param>
    /// <param name="device">Where the model is.</param>
    /// <exception cref="ArgumentException">The documents of a row are longer than the row.</exception>
    public static AttentionLayout Packed(IReadOnlyList<IReadOnlyList<int>> documentLengthsPerRow, int rowLength, ModelConfig config, Device device)
    {
        int rows = documentLengthsPerRow.Count;
        var positions = new long[rows * rowLength];
        var firstKey = new long[rows * rowLength];
        for (int b = 0; b < rows; b++)
        {
            var lengths = documentLengthsPerRow[b];
            int used = lengths.Sum();
            if (used > rowLength || lengths.Any(n => n < 0)) throw new ArgumentException($"The documents of row {b} have {used} tokens, the row {rowLength}.", nameof(documentLengthsPerRow));
            int start = 0;
            foreach (int n in lengths.Append(rowLength - used))
            {
                for (int i = start; i < start + n; i++)
                {
                    positions[b * rowLength + i] = i - start;
                    firstKey[b * rowLength + i] = AttentionBias.FirstKey(i, start);
                }
                start += n;
            }
        }
        return new AttentionLayout(positions, firstKey, rows, rowLength, config, device);
    }

    /// <summary>
    /// Prompts that are followed by two continuations each, one after the other: both see the prompt and themselves, neither sees the other, and the positions of both go on from the prompt's end. So a
    /// prompt is computed once for both.
    /// </summary>
    /// <param name="treesPerRow">For each row, how many tokens prompt and continuations have; what is left at the end of the row is padding.</param>
    /// <param name="rowLength">T.</param>
    /// <param name="config">The model's heads and window.</param>
    /// <param name="device">Where the model is.</param>
    /// <exception cref="ArgumentException">What is in a row is longer than the row.</exception>
    public static AttentionLayout Branched(IReadOnlyList<IReadOnlyList<(int Prompt, int First, int Second)>> treesPerRow, int rowLength, ModelConfig config, Device device)
    {
        int rows = treesPerRow.Count;
        long[] positions = new long[rows * rowLength], firstKey = new long[rows * rowLength], gapStart = new long[rows * rowLength], gapEnd = new long[rows * rowLength];
        for (int b = 0; b < rows; b++)
        {
            int used = treesPerRow[b].Sum(t => t.Prompt + t.First + t.Second);
            if (used > rowLength || treesPerRow[b].Any(t => t.Prompt < 0 || t.First < 0 || t.Second < 0)) throw new ArgumentException($"The prompts and continuations of row {b} have {used} tokens, the row {rowLength}.", nameof(treesPerRow));
            int start = 0;
            foreach (var (prompt, first, second) in treesPerRow[b].Append((rowLength - used, 0, 0)))
            {
                int branch = start + prompt + first;
                for (int i = start; i < branch + second; i++)
                {
                    int at = b * rowLength + i;
                    firstKey[at] = start;
                    positions[at] = i < branch ? i - start : i - start - first;
                    if (i >= branch) (gapStart[at], gapEnd[at]) = (start + prompt, branch);
                }
                start = branch + second;
            }
        }
        return new AttentionLayout(positions, firstKey, rows, rowLength, config, device, (gapStart, gapEnd));
    }

    /// <summary>One sequence a row, padded on the left; positions count from its first token.</summary>
    /// <param name="lengths">For each row, how many tokens it has.</param>
    /// <param name="rowLength">T.</param>
    /// <param name="config">The model's heads and window.</param>
    /// <param name="device">Where the model is.</param>
    /// <exception cref="ArgumentException">A length is negative or above T.</exception>
    public static AttentionLayout LeftPadded(IReadOnlyList<int> lengths, int rowLength, ModelConfig config, Device device)
    {
        var positions = new long[lengths.Count * rowLength];
        var firstKey = new long[lengths.Count * rowLength];
        for (int b = 0; b < lengths.Count; b++)
        {
            if (lengths[b] < 0 || lengths[b] > rowLength) throw new ArgumentException($"Row {b} has {lengths[b]} tokens, the row {rowLength}.", nameof(lengths));
            int padding = rowLength - lengths[b];
            for (int i = 0; i < rowLength; i++)
            {
                positions[b * rowLength + i] = Math.Max(0, i - padding);
                firstKey[b * rowLength + i] = AttentionBias.FirstKey(i, padding);
            }
        }
        return new AttentionLayout(positions, firstKey, lengths.Count, rowLength, config, device);
    }

    /// <summary>What is added to the scores in layers that see all, or in those that see a window; made once, then kept.</summary>
    internal Tensor Bias(ScalarType dtype, bool sliding)
    {
        ref var bias = ref _bias[sliding ? 1 : 0];
        if (bias is null || bias.dtype != dtype)
        {
            bias?.Dispose();
            int? window = sliding ? _config.SlidingWindow : null;
            bias = (_gapStart is null ? AttentionBias.Of(_firstKey, 0, window, _config, dtype) : AttentionBias.Branched(_firstKey, _gapStart, _gapEnd!, Positions, window, _config, dtype)).DetachFromDisposeScope();
        }
        return bias;
    }

    /// <summary>Frees its tensors.</summary>
    public void Dispose()
    {
        Positions.Dispose();
        _firstKey.Dispose();
        _gapStart?.Dispose();
        _gapEnd?.Dispose();
        foreach (var bias in _bias) bias?.Dispose();
        Array.Clear(_bias);
    }
}
