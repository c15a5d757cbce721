using System.IO.Compression;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// A schema as a binary data file (.idv) without rows: header, annotation values, a table of them for each column, the table of
/// columns, tail signature. Every table names the codec that tells a type.
/// </summary>
internal static class SchemaFile
{
    private const int HeaderSize = 256;
    private const ulong HeaderSignature = 0x00425644004C4D43, TailSignature = 0x434D4C0044564200;   // "CML\0DVB\0" and back
    private const ulong Version = 0x0001000100010006, OldestRead = 0x0001000100010004;
    private const byte Plain = 0, Deflated = 1;

    public static void Write(DataViewSchema schema, Stream stream, IChannel channel)
    {
        var columns = schema.Select(c => (Column: c, Codec: ValueCodecs.ForOrNull(c.Type))).Where(c =>
        {
            if (c.Codec == null)
                channel.Info(MessageSensitivity.Schema, "The column '{0}' will not be written as it has unsavable column type.", c.Column.Name);
            return c.Codec != null;
        }).ToList();
        Contracts.Check(columns.Count > 0, "No valid columns to save");
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(new byte[HeaderSize]);
        long lookups = stream.Position;                 // no rows, so no blocks to look up
        long[] annotations = [.. columns.Select(c => WriteAnnotations(writer, c.Column, channel))];
        long table = stream.Position;
        for (int i = 0; i < columns.Count; i++)
        {
            writer.Write(columns[i].Column.Name);
            columns[i].Codec.WriteDescription(writer);
            writer.Write(Deflated);
            writer.Write7BitEncodedInt64(1);            // rows a block
            writer.Write(lookups);
            writer.Write(annotations[i]);
        }
        long tail = stream.Position;
        writer.Write(TailSignature);
        writer.Flush();
        stream.Position = 0;
        writer.Write(HeaderSignature);
        writer.Write(Version);
        writer.Write(Version);                          // the oldest reader that can read it
        writer.Write(table);
        writer.Write(tail);
        writer.Write(0L);                               // rows
        writer.Write(columns.Count);
        writer.Flush();
        stream.Position = stream.Length;
    }

    public static DataViewSchema Read(Stream stream)
    {
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        Contracts.CheckDecode(stream.Length >= HeaderSize, $"Read only {stream.Length} bytes in file, expected header size of {HeaderSize}");
        Contracts.CheckDecode(reader.ReadUInt64() == HeaderSignature, "This does not appear to be a binary dataview file");
        ulong version = reader.ReadUInt64(), compatible = reader.ReadUInt64();
        Contracts.CheckDecode(compatible <= version, $"Compatibility version {Dotted(compatible)} cannot be greater than file version {Dotted(version)}");
        Contracts.Check(compatible >= OldestRead, $"Cannot read version {Dotted(compatible)} data, earliest that can be handled is {Dotted(OldestRead)}");
        Contracts.Check(compatible <= Version, $"Cannot read version {Dotted(compatible)} data, latest that can be handled is {Dotted(Version)}");
        long table = reader.ReadInt64(), tail = reader.ReadInt64(), rows = reader.ReadInt64();
        int count = reader.ReadInt32();
        Contracts.CheckDecode(rows >= 0, "Row count cannot be negative");
        Contracts.CheckDecode(count >= 0, "Column count cannot be negative");
        Contracts.CheckDecode(count == 0 || table >= HeaderSize, $"Table of contents offset {table} less than header size, impossible");
        Contracts.CheckDecode(tail >= HeaderSize, $"Tail offset {tail} less than header size, impossible");
        stream.Position = tail;
        Contracts.CheckDecode(reader.ReadUInt64() == TailSignature, "Incorrect tail signature");
        stream.Position = table;
        var schema = new DataViewSchema.Builder();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            var codec = ValueCodecs.ReadOrNull(reader);
            reader.ReadByte();                          // how blocks are compressed
            reader.Read7BitEncodedInt64();              // rows a block
            reader.ReadInt64();                         // where to look blocks up
            long annotations = reader.ReadInt64();
            long next = stream.Position;
            if (codec != null)                          // a column of an unknown type is left out, as in the real package
                schema.AddColumn(name, codec.Type, annotations == 0 ? null : ReadAnnotations(reader, annotations));
            stream.Position = next;
        }
        return schema.ToSchema();
    }

    private static long WriteAnnotations(BinaryWriter writer, DataViewSchema.Column column, IChannel channel)
    {
        var written = new List<(string Kind, ValueCodec Codec, byte Compression, long Start, long Length)>();
        foreach (var annotation in column.Annotations.Schema)
        {
            var codec = ValueCodecs.ForOrNull(annotation.Type);
            if (codec == null)
            {
                channel.Warning(MessageSensitivity.Unknown, "Could not get codec for type {0}, dropping column '{1}' index {2} metadata kind '{3}'",
                    annotation.Type, column.Name, column.Index, annotation.Name);
                continue;
            }
            byte[] plain = codec.WriteAnnotation(column.Annotations, annotation.Name), deflated = Deflate(plain);
            bool keepPlain = plain.Length <= deflated.Length;
            written.Add((annotation.Name, codec, keepPlain ? Plain : Deflated, writer.BaseStream.Position, keepPlain ? plain.Length : deflated.Length));
            writer.Write(keepPlain ? plain : deflated);
        }
        if (written.Count == 0)
            return 0;
        long table = writer.BaseStream.Position;
        writer.Write7BitEncodedInt64(written.Count);
        foreach (var (kind, codec, compression, start, length) in written)
        {
            writer.Write(kind);
            codec.WriteDescription(writer);
            writer.Write(compression);
            writer.Write(start);
            writer.Write7BitEncodedInt64(length);
        }
        return table;
    }

    private static DataViewSchema.Annotations ReadAnnotations(BinaryReader reader, long table)
    {
        var stream = reader.BaseStream;
        stream.Position = table;
        var annotations = new DataViewSchema.Annotations.Builder();
        long count = reader.Read7BitEncodedInt64();
        Contracts.CheckDecode(count > 0 && count < int.MaxValue, "Bad number of metadata TOC entries read");
        for (long i = 0; i < count; i++)
        {
            string kind = reader.ReadString();
            var codec = ValueCodecs.ReadOrNull(reader);
            byte compression = reader.ReadByte();
            long start = reader.ReadInt64(), length = reader.Read7BitEncodedInt64(), next = stream.Position;
            Contracts.CheckDecode(start >= HeaderSize && length >= 0 && start + length <= stream.Length);
            if (codec != null && compression is (Plain or Deflated))
            {
                stream.Position = start;
                using var block = new MemoryStream(reader.ReadBytes((int)length));
                using var value = new BinaryReader(compression == Plain ? block : new DeflateStream(block, CompressionMode.Decompress), Encoding.UTF8);
                codec.ReadAnnotation(value, annotations, kind);
            }
            stream.Position = next;
        }
        return annotations.ToAnnotations();
    }

    private static byte[] Deflate(byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var deflate = new DeflateStream(memory, CompressionMode.Compress, leaveOpen: true))
            deflate.Write(bytes);
        return memory.ToArray();
    }

    private static string Dotted(ulong version) => $"{version >> 48 & 0xffff}.{version >> 32 & 0xffff}.{version >> 16 & 0xffff}.{version & 0xffff}";
}
