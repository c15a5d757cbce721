using ZephyrML.LanguageModels;

namespace ZephyrML.Training;

/// <summary>dSFT's rows, cut and packed. A unit is a training row: the pieces of source rows that share it.</summary>
internal sealed class SftData
{
    private readonly IReadOnlyList<SftRow> rows;
    private readonly bool joined;

    /// <exception cref="ArgumentException">A row's lists do not fit together, a row has nothing to learn, or no row is left.</exception>
    public SftData(IReadOnlyList<SftRow> rows, SftOptions options, string what, Packing? packing = null, IReadOnlySet<int>? stops = null)
    {
        this.rows = rows;
        var how = packing ?? options.Packing;
        joined = how == Packing.Wrapped;
        var used = new List<Piece>();
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            if (row.Ids.Length != row.Supervised.Length)
                throw new ArgumentException($"dSFT, {what} row {i}: {row.Ids.Length} ids but {row.Supervised.Length} marks of supervision; expected one mark for each id.");
            int spoken = Array.LastIndexOf(row.Supervised, true);
            if (spoken < 0 && row.Ids.Length > 0)
                throw new ArgumentException($"dSFT, {what} row {i}: none of its {row.Ids.Length} tokens is marked as one to learn. Expected at least one: leave such rows out, or use a chat template that marks the assistant's turns.");
            int length = how is Packing.None or Packing.BestFit ? Math.Min(row.Ids.Length, options.MaxLength) : row.Ids.Length;
            int start = how == Packing.None && options.Truncation == Truncation.KeepEnd ? row.Ids.Length - length : 0;
            bool learns = row.Supervised.AsSpan(start, length).LastIndexOf(true) >= 1;                     // the first token is never a target
            // As in TRL, a row without a target is dropped where it would be a training row of its own, and packed with the others where rows are packed.
            if (learns || (how != Packing.None && length > 0))
                used.Add(new(i, start, length));
            if (!learns)
                continue;
            Used++;
            TeachesStop |= stops?.Contains(row.Ids[spoken]) == true && spoken < start + length;
            if (length < row.Ids.Length)
                Cut++;
        }
        if (Used == 0)
            throw new ArgumentException($"dSFT: none of the {rows.Count} {what} rows has a supervised token within {nameof(SftOptions.MaxLength)} = {options.MaxLength}.");
        Units = SftPacker.Pack(how, used, options.MaxLength);
        UnitLengths = [.. Units.Select(unit => unit.Sum(p => p.Length))];
    }

    public IReadOnlyList<Piece[]> Units { get; }

    public IReadOnlyList<int> UnitLengths { get; }

    public int Used { get; }

    /// <summary>Whether in some row the last token to learn is a stop token, and within the length.</summary>
    public bool TeachesStop { get; }

    /// <summary>The lengths of a batch's documents.</summary>
    public int[] Lengths(int[] units) => [.. units.SelectMany(u => joined ? [Units[u].Sum(p => p.Length)] : Units[u].Select(p => p.Length))];

    public int Cut { get; }

    public TokenBatch Batch(IEnumerable<int> units, CausalLM model) =>
        new([.. units.SelectMany(u => joined ? [Joined(Units[u])] : Units[u].Select(Document))], model.Config, model.Device);

    private Document Document(Piece piece)
    {
        var row = rows[piece.Row];
        return piece.Start == 0 ? new(row.Ids, piece.Length, row.Supervised)
            : new(row.Ids.AsSpan(piece.Start, piece.Length).ToArray(), piece.Length, row.Supervised.AsSpan(piece.Start, piece.Length).ToArray());
    }

    /// <summary>Pieces as one sequence: the first token of each but the first is predicted from the end of the one before.</summary>
    private Document Joined(Piece[] unit)
    {
        var pieces = unit.Select(Document).ToList();
        int[] ids = [.. pieces.SelectMany(p => p.Ids.Take(p.Length))];
        return new(ids, ids.Length, [.. pieces.SelectMany(p => p.Supervised!.Take(p.Length))]);
    }
}
