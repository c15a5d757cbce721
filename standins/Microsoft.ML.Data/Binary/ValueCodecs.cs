using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The codecs by type, and by the description in a file.</summary>
internal static class ValueCodecs
{
    private static readonly ValueCodec[] Simple =
    [
        new PackedCodec<sbyte>(NumberDataViewType.SByte), new PackedCodec<byte>(NumberDataViewType.Byte),
        new PackedCodec<short>(NumberDataViewType.Int16), new PackedCodec<ushort>(NumberDataViewType.UInt16),
        new PackedCodec<int>(NumberDataViewType.Int32), new PackedCodec<uint>(NumberDataViewType.UInt32),
        new PackedCodec<long>(NumberDataViewType.Int64), new PackedCodec<ulong>(NumberDataViewType.UInt64),
        new PackedCodec<float>(NumberDataViewType.Single), new PackedCodec<double>(NumberDataViewType.Double),
        new PackedCodec<TimeSpan>(TimeSpanDataViewType.Instance), new PackedCodec<DataViewRowId>(RowIdDataViewType.Instance),
        new TextCodec(), new BoolCodec(), new DateTimeCodec(), new DateTimeOffsetCodec(),
    ];

    private static readonly Dictionary<DataViewType, ValueCodec> ByType = Simple.ToDictionary(c => c.Type);
    private static readonly Dictionary<string, ValueCodec> ByName = Simple.ToDictionary(c => c.Name);

    /// <summary>Null where the type cannot be written.</summary>
    public static ValueCodec ForOrNull(DataViewType type) => type switch
    {
        KeyDataViewType key => KeyOf(key),
        VectorDataViewType vector => ForOrNull(vector.ItemType) is { } item ? VectorOf(vector, item) : null,
        _ => ByType.GetValueOrDefault(type),
    };

    /// <summary>Null where the file names a codec that is not known; the reader then stands behind its description.</summary>
    public static ValueCodec ReadOrNull(BinaryReader reader)
    {
        string name = reader.ReadString();
        Contracts.CheckDecode(name.Length > 0, "Non-empty signature string expected");
        long length = reader.Read7BitEncodedInt64(), start = reader.BaseStream.Position;
        Contracts.CheckDecode(length >= 0, "Codec type definition read from stream too large");
        long remaining = reader.BaseStream.Length - start;
        Contracts.CheckDecode(length <= remaining, $"Codec type definition supposedly has {length} bytes, but end-of-stream reached after {remaining} bytes");
        ValueCodec codec;
        switch (name)
        {
            case "VBuffer":
                codec = ReadVector(reader);
                break;
            case "Key2":
                codec = ReadOrNull(reader) is { } number ? KeyOf(new KeyDataViewType(number.Type.RawType, reader.ReadUInt64())) : null;
                break;
            default:
                codec = ByName.GetValueOrDefault(name);
                if (codec == null)
                    reader.BaseStream.Position = start + length;
                break;
        }
        long read = reader.BaseStream.Position - start;
        Contracts.CheckDecode(codec == null || read == length, $"Codec type definition supposedly has {length} bytes, but the handler consumed {read}");
        reader.BaseStream.Position = start + length;
        return codec;
    }

    private static ValueCodec ReadVector(BinaryReader reader)
    {
        if (ReadOrNull(reader) is not { } item)
            return null;
        Contracts.CheckDecode(item.Type is PrimitiveDataViewType);
        int[] dims = new int[reader.ReadInt32()];
        for (int i = 0; i < dims.Length; i++)
            Contracts.CheckDecode((dims[i] = reader.ReadInt32()) >= 0);
        var itemType = (PrimitiveDataViewType)item.Type;
        return VectorOf(dims.Length == 0 ? new VectorDataViewType(itemType) : new VectorDataViewType(itemType, dims), item);
    }

    private static ValueCodec VectorOf(VectorDataViewType type, ValueCodec item)
        => (ValueCodec)Activator.CreateInstance(typeof(VectorCodec<>).MakeGenericType(type.ItemType.RawType), type, item);

    private static ValueCodec KeyOf(KeyDataViewType type)
        => (ValueCodec)Activator.CreateInstance(typeof(KeyCodec<>).MakeGenericType(type.RawType), type);
}
