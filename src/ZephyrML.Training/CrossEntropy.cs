using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>Measures cross-entropy without training.</summary>
public static class CrossEntropy
{
    /// <summary>The mean cross-entropy over all supervised tokens of all rows (not over rows or batches).</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Token ids and which of them are counted.</param>
    /// <param name="maxLength">Rows are cut to this many tokens.</param>
    /// <param name="batchSize">Rows in a batch.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <exception cref="ArgumentException">No row has a supervised token within the length, or a number is below 1.</exception>
    public static CrossEntropyEvaluation Evaluate(CausalLM model, IReadOnlyList<SftRow> rows, int maxLength = 2048, int batchSize = 8, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        var data = new SftData(rows, new SftOptions { MaxLength = maxLength, Packing = Packing.None }, "evaluation");
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        double loss = 0, correct = 0;
        long tokens = 0;
        var rowLosses = new double[rows.Count];
        Array.Fill(rowLosses, double.NaN);
        // Rows of like length together: less padding. Sums are over tokens, so the order does not matter.
        foreach (var units in Enumerable.Range(0, data.Units.Count).OrderByDescending(u => data.UnitLengths[u]).Chunk(batchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var batchScope = NewDisposeScope();
            using var batch = data.Batch(units, model);
            var logps = new TargetLogProbabilities(model, model.Hidden(batch.Ids, batch.Layout), batch);
            var values = logps.Values.ToFloats();
            correct += logps.Correct.sum().item<float>();
            tokens += values.Length;
            var at = 0;
            foreach (var unit in units)
            {
                var piece = data.Units[unit][0];
                var supervised = rows[piece.Row].Supervised.AsSpan(1, piece.Length - 1).Count(true);
                var sum = 0.0;
                for (var i = 0; i < supervised; i++)
                    sum -= values[at + i];
                at += supervised;
                loss += sum;
                rowLosses[piece.Row] = sum / supervised;
            }
        }
        return new(data.Used, tokens, loss / tokens, correct / tokens, rowLosses);
    }
}
