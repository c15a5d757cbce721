using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// Vectors: how many; their length where all have the same, else 0 and each one's; how many values each holds, -1 where it is dense;
/// the slots of the sparse ones; and all values.
/// </summary>
internal sealed class VectorCodec<T>(VectorDataViewType type, ValueCodec<T> item) : ValueCodec<VBuffer<T>>(type)
{
    public override string Name => "VBuffer";

    protected override void WriteParameters(BinaryWriter writer)
    {
        item.WriteDescription(writer);
        writer.Write(type.Dimensions.Length);
        foreach (int dim in type.Dimensions)
            writer.Write(dim);
    }

    public override void Write(BinaryWriter writer, IReadOnlyList<VBuffer<T>> values)
    {
        foreach (var vector in values)
            if (type.IsKnownSize && vector.Length != type.Size)
                throw Contracts.Except($"Length mismatch: expected {type.Size} slots but got {vector.Length}");
        writer.Write(values.Count);
        int length = type.IsKnownSize ? type.Size : values.Count > 0 && values.All(v => v.Length == values[0].Length) ? values[0].Length : 0;
        writer.Write(length);
        if (length == 0)
            WriteAll(values.Select(v => v.Length));
        WriteAll(values.Select(v => v.IsDense ? -1 : v.GetValues().Length));
        int[] slots = [.. values.SelectMany(v => v.GetIndices().ToArray())];
        writer.Write(slots.Length);
        WriteAll(slots);
        item.Write(writer, [.. values.SelectMany(v => v.GetValues().ToArray())]);

        void WriteAll(IEnumerable<int> numbers)
        {
            foreach (int number in numbers)
                writer.Write(number);
        }
    }

    public override VBuffer<T>[] Read(BinaryReader reader, int count)
    {
        Contracts.CheckDecode(reader.ReadInt32() == count);
        int length = reader.ReadInt32();
        Contracts.CheckDecode(type.IsKnownSize ? length == type.Size : length >= 0);
        int[] lengths = length > 0 ? [.. Enumerable.Repeat(length, count)] : ReadAll(count);
        int[] held = ReadAll(count), slots = ReadAll(reader.ReadInt32());
        for (int i = 0; i < count; i++)
            Contracts.CheckDecode(lengths[i] >= 0 && held[i] >= -1 && (held[i] < lengths[i] || held[i] == -1));
        var values = item.Read(reader, Enumerable.Range(0, count).Sum(i => held[i] < 0 ? lengths[i] : held[i]));
        var vectors = new VBuffer<T>[count];
        for (int i = 0, value = 0, slot = 0; i < count; i++)
        {
            int size = held[i] < 0 ? lengths[i] : held[i];
            vectors[i] = new(lengths[i], size, values[value..(value + size)], held[i] < 0 ? null : slots[slot..(slot + size)]);
            value += size;
            slot += held[i] < 0 ? 0 : size;
        }
        return vectors;

        int[] ReadAll(int n)
        {
            Contracts.CheckDecode(n >= 0);
            return [.. Enumerable.Range(0, n).Select(_ => reader.ReadInt32())];
        }
    }
}
