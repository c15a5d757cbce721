namespace ZephyrML.Training;

/// <summary>Puts dSFT's rows into training rows ("units"), in groups of <see cref="BestFitPacker.GroupSize"/> rows as TRL does.</summary>
internal static class SftPacker
{
    /// <param name="packing">How.</param>
    /// <param name="rows">What to pack: stretches of rows, which may be longer than a training row where packing splits or wraps them.</param>
    /// <param name="width">Tokens of a training row.</param>
    /// <returns>For each training row its pieces, in order.</returns>
    public static List<Piece[]> Pack(Packing packing, IReadOnlyList<Piece> rows, int width)
    {
        IEnumerable<Piece> Cut(IEnumerable<Piece> some) => some.Select(r => r with { Length = Math.Min(r.Length, width) });
        var groups = rows.Chunk(BestFitPacker.GroupSize);
        return packing switch
        {
            Packing.None => [.. Cut(rows).Select(piece => new[] { piece })],
            Packing.BestFit => [.. groups.SelectMany(g => BestFit([.. Cut(g)], width))],
            Packing.BestFitSplit => [.. groups.SelectMany(g => BestFit([.. g.SelectMany(r => Split(r, width))], width))],
            Packing.Wrapped => [.. groups.SelectMany(g => Wrap(g, width))],
            _ => throw new ArgumentOutOfRangeException(nameof(packing), packing, "no such packing"),
        };
    }

    private static IEnumerable<Piece[]> BestFit(Piece[] pieces, int width) =>
        BestFitPacker.Pack([.. pieces.Select(p => p.Length)], width, int.MaxValue).Select(unit => unit.Select(i => pieces[i]).ToArray());

    private static IEnumerable<Piece> Split(Piece row, int width)
    {
        for (int at = 0; at < row.Length; at += width)
            yield return new(row.Row, row.Start + at, Math.Min(width, row.Length - at));
    }

    private static IEnumerable<Piece[]> Wrap(Piece[] rows, int width)
    {
        var unit = new List<Piece>();
        int room = width;
        foreach (var (row, start, length) in rows)
            for (int at = 0; at < length;)
            {
                int take = Math.Min(room, length - at);
                unit.Add(new(row, start + at, take));
                (at, room) = (at + take, room - take);
                if (room > 0)
                    continue;
                yield return [.. unit];
                unit.Clear();
                room = width;
            }
        if (unit.Count > 0)
            yield return [.. unit];
    }
}
