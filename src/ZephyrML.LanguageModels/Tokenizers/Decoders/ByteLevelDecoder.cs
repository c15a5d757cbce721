using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Reads characters of <see cref="ByteAlphabet"/> as bytes of UTF-8; bytes that are none become U+FFFD.</summary>
internal sealed class ByteLevelDecoder : TokenDecoder
{
    public override List<string> Apply(List<string> parts)
    {
        var bytes = new List<byte>();
        foreach (var part in parts)
            bytes.AddRange(Bytes(part));
        return [Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes))];
    }

    /// <summary>The bytes of a token; one with any character that is none of the alphabet (an added one) is taken as it is written.</summary>
    public static byte[] Bytes(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            var value = ByteAlphabet.ToByte(token[i]);
            if (value < 0)
                return Encoding.UTF8.GetBytes(token);
            bytes[i] = (byte)value;
        }
        return bytes;
    }
}
