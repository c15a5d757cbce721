using System.Buffers.Binary;
using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>Writes SentencePiece's <c>tokenizer.model</c>: a ModelProto of pieces, trainer_spec and normalizer_spec.</summary>
internal static class SentencePieceProto
{
    public static byte[] Write(IReadOnlyList<SentencePiece> pieces, bool byteFallback, bool addDummyPrefix, bool removeExtraWhitespaces, int unknown, int? bos, int? eos, int? pad)
    {
        using var file = new MemoryStream();
        foreach (var piece in pieces) Message(file, 1, part =>
        {
            Text(part, 1, piece.Text);
            Tag(part, 2, 5);
            Span<byte> score = stackalloc byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(score, piece.Score);
            part.Write(score);
            Number(part, 3, (int)piece.Kind);
        });
        Message(file, 2, trainer =>
        {
            Number(trainer, 3, 2);      // BPE
            Number(trainer, 4, pieces.Count);
            Number(trainer, 35, byteFallback ? 1 : 0);
            Number(trainer, 40, unknown);
            Number(trainer, 41, bos ?? -1);
            Number(trainer, 42, eos ?? -1);
            Number(trainer, 43, pad ?? -1);
            Text(trainer, 45, pieces[unknown].Text);
            if (bos is { } b) Text(trainer, 46, pieces[b].Text);
            if (eos is { } e) Text(trainer, 47, pieces[e].Text);
        });
        Message(file, 3, normalizer =>
        {
            Text(normalizer, 1, "identity");
            Number(normalizer, 3, addDummyPrefix ? 1 : 0);
            Number(normalizer, 4, removeExtraWhitespaces ? 1 : 0);
            Number(normalizer, 5, 1);
        });
        return file.ToArray();
    }

    private static void Message(Stream into, int field, Action<Stream> write)
    {
        using var part = new MemoryStream();
        write(part);
        Tag(into, field, 2);
        Varint(into, (ulong)part.Length);
        part.WriteTo(into);
    }

    private static void Text(Stream into, int field, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Tag(into, field, 2);
        Varint(into, (ulong)bytes.Length);
        into.Write(bytes);
    }

    private static void Number(Stream into, int field, long value)
    {
        Tag(into, field, 0);
        Varint(into, (ulong)value);
    }

    private static void Tag(Stream into, int field, int wire) => Varint(into, (ulong)(field << 3 | wire));

    private static void Varint(Stream into, ulong value)
    {
        for (; value >= 128; value >>= 7) into.WriteByte((byte)(value | 128));
        into.WriteByte((byte)value);
    }
}
