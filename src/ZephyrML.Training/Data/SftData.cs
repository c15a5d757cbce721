using TorchSharp;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>dSFT's rows, cut and packed. A unit is a training row: the source rows that share it.</summary>
internal sealed class SftData
{
    private readonly IReadOnlyList<SftRow> rows;
    private readonly int maxLength;

    /// <exception cref="ArgumentException">A row's lists do not fit together, or no row is left.</exception>
    public SftData(IReadOnlyList<SftRow> rows, SftOptions options, string what)
    {
        (this.rows, maxLength) = (rows, options.MaxLength);
        var used = new List<int>();
        var lengths = new List<int>();
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            if (row.Ids.Length != row.Supervised.Length)
                throw new ArgumentException($"dSFT, {what} row {i}: {row.Ids.Length} ids but {row.Supervised.Length} marks of supervision; expected one mark for each id.");
            int length = Math.Min(row.Ids.Length, maxLength);
            if (row.Supervised.AsSpan(0, length).LastIndexOf(true) < 1) // the first token is never a target
                continue;
            used.Add(i);
            lengths.Add(length);
            if (row.Ids.Length > maxLength)
                Cut++;
        }
        if (used.Count == 0)
            throw new ArgumentException($"dSFT: none of the {rows.Count} {what} rows has a supervised token within {nameof(SftOptions.MaxLength)} = {maxLength}.");
        Used = used.Count;
        var units = options.Packing == Packing.BestFit ? BestFitPacker.Pack(lengths, maxLength) : [.. Enumerable.Range(0, used.Count).Select(i => new[] { i })];
        UnitLengths = [.. units.Select(unit => unit.Sum(i => lengths[i]))];
        Units = [.. units.Select(unit => unit.Select(i => used[i]).ToArray())];
    }

    public IReadOnlyList<int[]> Units { get; }

    public IReadOnlyList<int> UnitLengths { get; }

    public int Used { get; }

    public int Cut { get; }

    public TokenBatch Batch(IEnumerable<int> units, CausalLM model) =>
        new([.. units.SelectMany(u => Units[u]).Select(i => rows[i]).Select(r => new Document(r.Ids, Math.Min(r.Ids.Length, maxLength), r.Supervised))], model.Config, model.Device);
}
