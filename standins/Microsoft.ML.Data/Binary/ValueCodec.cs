using System.Text;

namespace Microsoft.ML.Data;

/// <summary>How values of one type stand in a block of a binary data file (.idv).</summary>
internal abstract class ValueCodec(DataViewType type)
{
    public DataViewType Type => type;

    /// <summary>The name under which a file tells the codec.</summary>
    public abstract string Name { get; }

    /// <summary>A block that holds the one value of an annotation.</summary>
    public abstract byte[] WriteAnnotation(DataViewSchema.Annotations annotations, string kind);

    /// <summary>Reads such a block, into the annotations being built.</summary>
    public abstract void ReadAnnotation(BinaryReader reader, DataViewSchema.Annotations.Builder annotations, string kind);

    protected virtual void WriteParameters(BinaryWriter writer) { }

    /// <summary>Writes the codec's description: its name, and its parameters preceded by their length.</summary>
    public void WriteDescription(BinaryWriter writer)
    {
        using var memory = new MemoryStream();
        using (var parameters = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true))
            WriteParameters(parameters);
        writer.Write(Name);
        writer.Write7BitEncodedInt64(memory.Length);
        writer.Write(memory.GetBuffer(), 0, (int)memory.Length);
    }
}

internal abstract class ValueCodec<T>(DataViewType type) : ValueCodec(type)
{
    public abstract void Write(BinaryWriter writer, IReadOnlyList<T> values);

    public abstract T[] Read(BinaryReader reader, int count);

    public override byte[] WriteAnnotation(DataViewSchema.Annotations annotations, string kind)
    {
        T value = default;
        annotations.GetValue(kind, ref value);
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true))
            Write(writer, [value]);
        return memory.ToArray();
    }

    public override void ReadAnnotation(BinaryReader reader, DataViewSchema.Annotations.Builder annotations, string kind)
    {
        T value = Read(reader, 1)[0];
        annotations.Add<T>(kind, Type, (ref T dst) => dst = value);
    }
}
