using System.Text.Json;

namespace ZephyrML.Training.Tests;

/// <summary>The kind <c>packing</c>: which token goes where, which are learned, which positions they have. Rows hold consecutive numbers, so each token names its place.</summary>
internal static class PackingReplay
{
    public static IEnumerable<CaseReport> Run(JsonElement fixture) => fixture.GetProperty("cases").EnumerateArray().SelectMany((c, i) => Case(c, i));

    private static IEnumerable<CaseReport> Case(JsonElement c, int place)
    {
        var lengths = c.GetProperty("lengths").Ints();
        int width = c.GetProperty("max_length").GetInt32();
        var firsts = lengths.Select((_, i) => lengths.Take(i).Sum()).ToArray();
        var labels = c.TryGetProperty("labels", out var given) ? given.EnumerateArray().SelectMany(r => r.Ints()).ToArray() : null;
        foreach (var (name, packing) in new[] { ("bfd", Packing.BestFit), ("bfd_split", Packing.BestFitSplit), ("wrapped", Packing.Wrapped) })
        {
            if (!c.TryGetProperty(name, out var expected))
                continue;
            var report = new CaseReport($"case {place}, {name}, width {width}");
            var packed = SftPacker.Pack(packing, [.. lengths.Select((length, i) => new Piece(i, 0, length))], width);
            var rows = expected.GetProperty("input_ids").EnumerateArray().Select(r => r.Ints()).ToList();
            report.Number("rows", rows.Count, packed.Count, 0);
            for (int i = 0; i < Math.Min(rows.Count, packed.Count); i++)
            {
                var tokens = packed[i].SelectMany(p => Enumerable.Range(firsts[p.Row] + p.Start, p.Length)).ToArray();
                report.Equal($"row {i}", rows[i], tokens);
                if (expected.TryGetProperty("seq_lengths", out var pieces))
                    report.Equal($"lengths of row {i}", pieces[i].Ints(), [.. packed[i].Select(p => p.Length)]);
                // Packed tokens keep their labels, and positions begin anew with each piece: both follow from the pieces.
                if (labels is not null && expected.TryGetProperty("labels", out var learned))
                    report.Equal($"labels of row {i}", learned[i].Ints(), [.. tokens.Select(t => labels[t])]);
                if (expected.TryGetProperty("position_ids", out var positions) && positions.ValueKind == JsonValueKind.Array && positions.GetArrayLength() == rows.Count)
                    report.Equal($"positions of row {i}", positions[i].Ints(), [.. packed[i].SelectMany(p => Enumerable.Range(0, p.Length))]);
            }
            yield return report;
        }
    }
}
