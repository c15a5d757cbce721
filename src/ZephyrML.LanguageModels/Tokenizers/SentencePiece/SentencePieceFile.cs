namespace ZephyrML.LanguageModels;

/// <summary>What a piece of a SentencePiece model is, by the numbers of its file format.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>A piece of a SentencePiece model.</summary>
internal readonly record struct SentencePiece(string Text, float Score, PieceKind Kind);

/// <summary>SentencePiece's <c>tokenizer.model</c>: the message ModelProto with its pieces, trainer_spec and normalizer_spec.</summary>
internal sealed class SentencePieceFile
{
    public const string FileName = "tokenizer.model";
    private const int ModelTypeUnigram = 1;
    private const int ModelTypeBpe = 2;
    private readonly List<SentencePiece> pieces = [];

    private SentencePieceFile()
    {
    }

    public IReadOnlyList<SentencePiece> Pieces => pieces;

    public bool IsBpe { get; private set; }

    public bool ByteFallback { get; private set; }

    /// <summary>What an unknown token decodes to.</summary>
    public string UnknownSurface { get; private set; } = " \u2047 ";

    public string BosPiece { get; private set; } = "<s>";

    public string EosPiece { get; private set; } = "</s>";

    public CharsMap? CharsMap { get; private set; }

    public bool AddDummyPrefix { get; private set; } = true;

    /// <summary>Whether the blank that is put in front goes to the end instead.</summary>
    public bool WhitespaceAsSuffix { get; private set; }

    public bool RemoveExtraWhitespaces { get; private set; } = true;

    public bool EscapeWhitespaces { get; private set; } = true;

    /// <summary>The one piece that stands for unknown text.</summary>
    public int Unknown { get; private set; }

    /// <exception cref="InvalidDataException">The bytes are no such file.</exception>
    /// <exception cref="NotSupportedException">The file asks for something that is not supported; the message names it.</exception>
    public static SentencePieceFile Read(ReadOnlySpan<byte> bytes)
    {
        var file = new SentencePieceFile();
        var reader = new ProtobufReader(bytes, FileName);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    file.pieces.Add(ReadPiece(reader.Bytes(), file.pieces.Count));
                    break;
                case 2:
                    file.ReadTrainer(reader.Bytes());
                    break;
                case 3:
                    file.ReadNormalizer(reader.Bytes());
                    break;
                case 5:
                    RefuseDenormalizer(reader.Bytes());
                    break;
            }
        }
        file.Check();
        return file;
    }

    private static SentencePiece ReadPiece(ReadOnlySpan<byte> bytes, int index)
    {
        var (text, score, kind) = ("", 0f, 1L);
        var reader = new ProtobufReader(bytes, $"{FileName}: piece {index}");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    text = reader.Text();
                    break;
                case 2:
                    score = reader.Float();
                    break;
                case 3:
                    kind = reader.Number();
                    break;
            }
        }
        if (text.Length == 0 || !float.IsFinite(score) || kind is < 1 or > 6)
            throw new InvalidDataException($"{FileName}: piece {index} is '{text}' with score {score} and type {kind}; expected a text, a finite score and a type from 1 to 6.");
        return new SentencePiece(text, score, (PieceKind)kind);
    }

    private void ReadTrainer(ReadOnlySpan<byte> bytes)
    {
        long type = ModelTypeUnigram;
        var reader = new ProtobufReader(bytes, $"{FileName}: trainer_spec");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3:
                    type = reader.Number();
                    break;
                case 24:
                    WhitespaceAsSuffix = reader.Number() != 0;
                    break;
                case 35:
                    ByteFallback = reader.Number() != 0;
                    break;
                case 44:
                    UnknownSurface = reader.Text();
                    break;
                case 46:
                    BosPiece = reader.Text();
                    break;
                case 47:
                    EosPiece = reader.Text();
                    break;
            }
        }
        if (type is not (ModelTypeUnigram or ModelTypeBpe))
            throw new NotSupportedException($"{FileName} has the model type {type}, which is not supported; supported are 1 (unigram) and 2 (BPE).");
        IsBpe = type == ModelTypeBpe;
    }

    private void ReadNormalizer(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes, $"{FileName}: normalizer_spec");
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2 when reader.Bytes().Length > 0:
                    CharsMap = new CharsMap(reader.Bytes(), $"{FileName}: normalizer_spec.precompiled_charsmap");
                    break;
                case 3:
                    AddDummyPrefix = reader.Number() != 0;
                    break;
                case 4:
                    RemoveExtraWhitespaces = reader.Number() != 0;
                    break;
                case 5:
                    EscapeWhitespaces = reader.Number() != 0;
                    break;
            }
        }
    }

    private static void RefuseDenormalizer(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes, $"{FileName}: denormalizer_spec");
        while (reader.Next())
        {
            if (reader.Field == 2 && reader.Bytes().Length > 0)
                throw new NotSupportedException($"{FileName} has a denormalizer_spec with rules, which is not supported.");
        }
    }

    private void Check()
    {
        if (pieces.Count is 0 or > TokenizerJson.MaxId)
            throw new InvalidDataException($"{FileName} has {pieces.Count} pieces; expected a SentencePiece model with 1 to {TokenizerJson.MaxId}.");
        var unknown = Enumerable.Range(0, pieces.Count).Where(id => pieces[id].Kind == PieceKind.Unknown).ToList();
        if (unknown.Count != 1)
            throw new InvalidDataException($"{FileName} has {unknown.Count} pieces of the type 'unknown'; expected one.");
        Unknown = unknown[0];
    }
}
