namespace ZephyrML.LanguageModels;

public sealed partial class LanguageModelTokenizer
{
    /// <summary>Reads a folder's <c>tokenizer.json</c> (or, where there is none, <c>tokenizer.model</c>), <c>tokenizer_config.json</c> and <c>chat_template.jinja</c>; the last two may be missing.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="FileNotFoundException">There is neither <c>tokenizer.json</c> nor <c>tokenizer.model</c>.</exception>
    /// <exception cref="NotSupportedException">The file asks for something that is not supported; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is not what it should be; the message says where.</exception>
    public static LanguageModelTokenizer Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder '{folder}' to read a tokenizer from.");
        try
        {
            return Read(name => Path.Combine(folder, name) is var path && File.Exists(path) ? File.OpenRead(path) : null);
        }
        catch (FileNotFoundException e)
        {
            var instead = new[] { "vocab.json", "merges.txt", "tiktoken.model" }.Where(name => File.Exists(Path.Combine(folder, name))).ToList();
            throw new FileNotFoundException(
                $"The folder '{folder}' has no {TokenizerJson.FileName} and no {SentencePieceFile.FileName}" + (instead.Count > 0 ? $" (only {string.Join(", ", instead)}, which is not supported)." : "."), e);
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            var message = $"{e.Message} (folder '{folder}')";
            throw e is InvalidDataException ? new InvalidDataException(message, e) : new NotSupportedException(message, e);
        }
    }

    /// <summary>Reads a tokenizer from named streams, such as the entries of a zip.</summary>
    /// <param name="open">Opens a file by its name; null where there is none. The streams are disposed of.</param>
    /// <inheritdoc cref="Load"/>
    public static LanguageModelTokenizer Read(Func<string, Stream?> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        var config = TokenizerConfig.Read(ReadAll(open, TokenizerConfig.FileName), ReadAll(open, TokenizerConfig.TemplateFileName));
        if (ReadAll(open, TokenizerJson.FileName) is { } json)
            return Create(json, config);
        var model = ReadAll(open, SentencePieceFile.FileName)
            ?? throw new FileNotFoundException($"There is no {TokenizerJson.FileName} and no {SentencePieceFile.FileName}.");
        var pieces = SentencePieceFile.Read(model);
        if (config.BosToken is null && config.EosToken is null)
            config = config.WithTokens(pieces.BosPiece, pieces.EosPiece, pieces.Pieces);
        return new LanguageModelTokenizer(model, SentencePieceFile.FileName, config, SentencePieceTokenizer.Define(pieces, config));
    }

    /// <summary>A tokenizer that gives exactly what SentencePiece itself does on a <c>tokenizer.model</c>: control tokens written in a text are text.</summary>
    internal static LanguageModelTokenizer ReadSentencePiece(byte[] model)
        => new(model, SentencePieceFile.FileName, TokenizerConfig.Read(null, null), SentencePieceTokenizer.Define(SentencePieceFile.Read(model), null));

    internal static LanguageModelTokenizer Create(byte[] json, TokenizerConfig config) => new(json, TokenizerJson.FileName, config, TokenizerJson.Read(json));

    /// <summary>The files that hold this tokenizer, byte for byte as they were read: <c>tokenizer.json</c> or <c>tokenizer.model</c>, <c>tokenizer_config.json</c>, and <c>chat_template.jinja</c> if it was there.</summary>
    public IEnumerable<(string Name, Action<Stream> Write)> Files()
    {
        yield return (sourceName, stream => stream.Write(source));
        yield return (TokenizerConfig.FileName, stream => stream.Write(config.Json));
        if (config.Template is { } template)
            yield return (TokenizerConfig.TemplateFileName, stream => stream.Write(template));
    }

    /// <summary>The file that it was read from: <c>tokenizer.json</c> or <c>tokenizer.model</c>.</summary>
    internal (string Name, byte[] Bytes) SourceFile => (sourceName, source);

    /// <summary>Writes the files to a folder, which is made if it is not there.</summary>
    public void Save(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Directory.CreateDirectory(folder);
        foreach (var (name, write) in Files())
        {
            using var stream = File.Create(Path.Combine(folder, name));
            write(stream);
        }
    }

    /// <summary>The same tokenizer with this chat template in its files; itself if that is what it has.</summary>
    /// <exception cref="InvalidOperationException">The template needs a token that this tokenizer lacks; the message names it.</exception>
    public LanguageModelTokenizer WithChatTemplate(ChatTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        ChatTokenizer.RequireTokens(this, template);
        return ChatTemplateName == template.Name || ChatTemplateText == template.Jinja ? this : new LanguageModelTokenizer(source, sourceName, config.WithTemplate(template.Jinja), definition);
    }

    private static byte[]? ReadAll(Func<string, Stream?> open, string name)
    {
        using var stream = open(name);
        if (stream is null)
            return null;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
