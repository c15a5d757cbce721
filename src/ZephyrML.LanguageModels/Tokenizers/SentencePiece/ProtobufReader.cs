using System.Buffers.Binary;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Reads the fields of a protobuf message, as many as its bytes hold and no more. What it hands out are slices: nothing is allocated by a size that the file claims.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> bytes, string where)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private ReadOnlySpan<byte> rest = bytes;
    private int wire;
    private ulong number;
    private ReadOnlySpan<byte> content;

    /// <summary>The number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>Reads the next field; false at the end.</summary>
    public bool Next()
    {
        if (rest.IsEmpty)
            return false;
        var tag = Varint();
        (Field, wire) = ((int)Math.Min(tag >> 3, int.MaxValue), (int)(tag & 7));
        if (Field == 0)
            throw Wrong("has the number 0");
        switch (wire)
        {
            case 0:
                number = Varint();
                break;
            case 1:
                content = Take(8);
                break;
            case 2:
                content = Take(Varint());
                break;
            case 5:
                content = Take(4);
                break;
            default:
                throw Wrong($"has the wire type {wire}");
        }
        return true;
    }

    /// <summary>The bytes of the field.</summary>
    public readonly ReadOnlySpan<byte> Bytes() => wire == 2 ? content : throw Wrong("is no string or message");

    /// <summary>The text of the field.</summary>
    public readonly string Text()
    {
        try
        {
            return Strict.GetString(Bytes());
        }
        catch (DecoderFallbackException)
        {
            throw Wrong("is no valid UTF-8");
        }
    }

    /// <summary>The number of the field.</summary>
    public readonly long Number() => wire == 0 ? (long)number : throw Wrong("is no whole number");

    /// <summary>The floating-point number of the field.</summary>
    public readonly float Float() => wire == 5 ? BinaryPrimitives.ReadSingleLittleEndian(content) : throw Wrong("is no float");

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw Wrong("has a number of more than 64 bits");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)rest.Length)
            throw Wrong($"ends {count - (ulong)rest.Length} bytes behind the end of what holds it");
        var taken = rest[..(int)count];
        rest = rest[(int)count..];
        return taken;
    }

    private readonly InvalidDataException Wrong(string what) => new($"{where} is no valid protobuf message: field {Field} {what}.");
}
