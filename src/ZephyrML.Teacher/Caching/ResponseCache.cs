using System.IO.Compression;
using System.Text;

namespace ZephyrML.Teacher;

/// <summary>Carries the answers of a response cache to another machine, as JSON lines (gzip where the name ends in .gz). Prompts are not in a cache, keys and endpoints neither.</summary>
public static class ResponseCache
{
    private const int Batch = 500;

    /// <summary>Writes all answers, by their keys: the same answers give the same file. Other processes may go on using the cache.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="file">The file to write; an existing one is replaced when the new one is whole.</param>
    /// <param name="cancellationToken">Ends it; nothing is written then.</param>
    /// <returns>The number of answers.</returns>
    /// <exception cref="FileNotFoundException">There is no such cache.</exception>
    /// <exception cref="IOException">The cache cannot be read, or the file not written.</exception>
    public static long Export(string cache, string file, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(cache);
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        if (!File.Exists(cache))
            throw new FileNotFoundException($"The response cache '{cache}' is not there.", cache);
        using var store = ResponseStore.Acquire(cache);
        var path = Path.GetFullPath(file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            long count = 0;
            using (var stream = Compressed(path, new FileStream(temporary, FileMode.CreateNew, FileAccess.Write), CompressionMode.Compress))
            {
                stream.Write(Encoding.UTF8.GetBytes(CacheLine.Header + "\n"));
                byte[] last = [];
                while (store.After(last, Batch) is { Count: > 0 } answers)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    foreach (var answer in answers)
                        CacheLine.Write(stream, answer);
                    count += answers.Count;
                    last = answers[^1].Key;
                }
            }
            File.Move(temporary, path, overwrite: true);
            return count;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Adds the answers of an exported file. The whole file is checked first: one with an error adds nothing. Importing it again changes nothing.</summary>
    /// <param name="cache">The cache; made if missing.</param>
    /// <param name="file">What <see cref="Export"/> wrote.</param>
    /// <param name="cancellationToken">Ends it; what was added stays.</param>
    /// <exception cref="FormatException">The file is no such export, or one with keys of another version; the message names the line.</exception>
    /// <exception cref="IOException">The file cannot be read, or the cache not written.</exception>
    public static CacheImport Import(string cache, string file, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(cache);
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        foreach (var _ in Read(file))
            cancellationToken.ThrowIfCancellationRequested();
        using var store = ResponseStore.Acquire(cache);
        long added = 0, all = 0;
        foreach (var answers in Read(file).Chunk(Batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            added += store.File.Run(write: true, () => answers.Count(store.Insert));
            all += answers.Length;
        }
        return new(added, all - added);
    }

    private static IEnumerable<CachedAnswer> Read(string file)
    {
        using var reader = new StreamReader(Compressed(file, File.OpenRead(file), CompressionMode.Decompress), Encoding.UTF8);
        long number = 1;
        At(file, number, () =>
        {
            CacheLine.CheckHeader(reader.ReadLine());
            return 0;
        });
        while (true)
        {
            number++;
            if (At(file, number, reader.ReadLine) is not { } line)
                yield break;
            if (line.Length > 0)
                yield return At(file, number, () => CacheLine.Read(line));
        }
    }

    private static T At<T>(string file, long line, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or EndOfStreamException)
        {
            throw new FormatException($"'{file}', line {line}: {e.Message}", e);
        }
    }

    private static Stream Compressed(string name, Stream stream, CompressionMode mode) =>
        name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, mode) : stream;
}
