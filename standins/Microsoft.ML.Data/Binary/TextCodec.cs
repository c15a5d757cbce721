using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Texts: their number, where each ends (in UTF-16 units), and all of them as one UTF-8 string.</summary>
internal sealed class TextCodec() : ValueCodec<ReadOnlyMemory<char>>(TextDataViewType.Instance)
{
    public override string Name => "TextSpan";

    public override void Write(BinaryWriter writer, IReadOnlyList<ReadOnlyMemory<char>> values)
    {
        writer.Write(values.Count);
        var all = new StringBuilder();
        foreach (var value in values)
            writer.Write(all.Append(value).Length);
        writer.Write(all.ToString());
    }

    public override ReadOnlyMemory<char>[] Read(BinaryReader reader, int count)
    {
        Contracts.CheckDecode(reader.ReadInt32() == count);
        int[] ends = new int[count];
        for (int i = 0; i < count; i++)
            ends[i] = reader.ReadInt32();
        string all = reader.ReadString();
        var values = new ReadOnlyMemory<char>[count];
        for (int i = 0, start = 0; i < count; i++)
        {
            int end = ends[i] & int.MaxValue;           // the highest bit marked a missing value once
            Contracts.CheckDecode(start <= end && end <= all.Length);
            values[i] = ends[i] < 0 ? default : all.AsMemory(start..end);
            start = end;
        }
        return values;
    }
}
