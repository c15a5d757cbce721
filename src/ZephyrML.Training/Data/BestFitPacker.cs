namespace ZephyrML.Training;

/// <summary>
/// Best-fit-decreasing packing as TRL's <c>bfd</c> does it: the longest document first (equal ones in order), each into the fullest row with room
/// (among equally full ones the first that became so), else into a new row.
/// </summary>
internal static class BestFitPacker
{
    /// <summary>TRL packs its rows in groups of this size, so it bounds time, and equal groups give equal rows.</summary>
    public const int GroupSize = 1000;

    /// <summary>Packs documents of the given lengths; empty ones are left out, longer ones count as <paramref name="rowLength"/>.</summary>
    /// <returns>For each row its documents (indices into <paramref name="lengths"/>), rows in the order of their first document's placing.</returns>
    public static List<int[]> Pack(IReadOnlyList<int> lengths, int rowLength, int groupSize = GroupSize)
    {
        var packed = new List<int[]>();
        for (int begin = 0; begin < lengths.Count; begin += groupSize)
            PackGroup(lengths, begin, Math.Min(begin + groupSize, lengths.Count), rowLength, packed);
        return packed;
    }

    private static void PackGroup(IReadOnlyList<int> lengths, int begin, int end, int rowLength, List<int[]> packed)
    {
        var rows = new List<List<int>>();
        var byRoom = new Queue<List<int>>[rowLength + 1]; // rows by the tokens they have left
        int LengthOf(int document) => Math.Min(lengths[document], rowLength);
        var documents = Enumerable.Range(begin, end - begin).Where(i => lengths[i] > 0).OrderByDescending(LengthOf); // OrderBy is stable
        foreach (int document in documents)
        {
            int length = LengthOf(document), room = length;
            while (room < rowLength && !(byRoom[room] is { Count: > 0 }))
                room++;
            List<int> row;
            if (room < rowLength)
                row = byRoom[room].Dequeue();
            else
                rows.Add(row = []);
            row.Add(document);
            (byRoom[room - length] ??= new()).Enqueue(row);
        }
        packed.AddRange(rows.Select(row => row.ToArray()));
    }
}
