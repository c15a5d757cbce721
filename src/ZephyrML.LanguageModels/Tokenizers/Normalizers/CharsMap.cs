using System.Buffers.Binary;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>
/// SentencePiece's precompiled character map: a double array (Darts) from UTF-8 to places in a list of replacements, each ended by a zero byte.
/// </summary>
internal sealed class CharsMap
{
    private readonly uint[] units;
    private readonly byte[] replacements;

    /// <exception cref="InvalidDataException">The bytes are no such map.</exception>
    public CharsMap(ReadOnlySpan<byte> blob, string where)
    {
        if (blob.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(blob) is var size && (size % 4 != 0 || size == 0 || size > blob.Length - 4))
            throw new InvalidDataException($"{where} is not a map of characters: its {blob.Length} bytes do not begin with the size of a table that fits into them.");
        units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + 4 * i)..]);
        replacements = blob[(4 + (int)size)..].ToArray();
    }

    /// <summary>What a prefix of the text is replaced by.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="longest">Whether the longest known prefix counts, rather than the shortest.</param>
    /// <param name="length">How many bytes of the text the replacement is for; 0 where nothing is known.</param>
    public string? Find(ReadOnlySpan<byte> utf8, bool longest, out int length)
    {
        length = 0;
        var value = 0;
        var node = Offset(units[0]);
        for (var i = 0; i < utf8.Length && utf8[i] != 0; i++)
        {
            node ^= utf8[i];
            if (node >= units.Length)
                break;
            var unit = units[node];
            if ((unit & 0x800000FF) != utf8[i])
                break;
            node ^= Offset(unit);
            if ((unit >> 8 & 1) == 0)
                continue;
            if (node >= units.Length)
                break;
            value = (int)(units[node] & 0x7FFFFFFF);
            length = i + 1;
            if (!longest)
                break;
        }
        if (length == 0 || value > replacements.Length)
        {
            length = 0;
            return null;
        }
        var rest = replacements.AsSpan(value);
        var end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 0x200) >> 6);
}
