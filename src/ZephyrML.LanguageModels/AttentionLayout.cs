using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>Which positions of a batch see one another, and what their positions in their document are.</summary>
public sealed class AttentionLayout : IDisposable
{
    private readonly ModelConfig _config;
    private readonly Tensor _firstKey;       // (B, T): the first position that each position sees, windows aside
    private readonly Tensor?[] _bias = new Tensor?[2];

    private AttentionLayout(long[] positions, long[] firstKey, int rows, int length, ModelConfig config, Device device)
    {
        (_config, Rows, Length) = (config, rows, length);
        PositionCount = positions.Length == 0 ? 1 : positions.Max() + 1;
        using var scope = NewDisposeScope();
        Positions = tensor(positions, [rows, length]).to(device).DetachFromDisposeScope();
        _firstKey = tensor(firstKey, [rows, length]).to(device).DetachFromDisposeScope();
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
            bias = AttentionBias.Of(_firstKey, 0, sliding ? _config.SlidingWindow : null, _config, dtype).DetachFromDisposeScope();
        }
        return bias;
    }

    /// <summary>Frees its tensors.</summary>
    public void Dispose()
    {
        Positions.Dispose();
        _firstKey.Dispose();
        foreach (var bias in _bias) bias?.Dispose();
        Array.Clear(_bias);
    }
}
