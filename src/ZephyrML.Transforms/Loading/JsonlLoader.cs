using System.IO.Compression;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Loading;

/// <summary>JSONL files (also gzip'ed) as data views: checked once from the first line to the last, then read again, line by line, by each cursor.</summary>
internal static class JsonlLoader
{
    /// <summary>Opens a file.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A line is wrong; the message names file, line and field and says what was expected.</exception>
    internal static IDataView Load(MLContext ml, string path, JsonlOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        ArgumentException.ThrowIfNullOrEmpty(path);
        options?.Validate();
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no file '{path}'.", path);
        var reader = new JsonlRowReader(options?.Copy() ?? new());

        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in Rows(path, reader)) present.UnionWith(row.Present());
        if (present.Count == 0) throw new InvalidDataException($"{path} has no rows.");

        var schema = SchemaDefinition.Create(typeof(JsonlRow));
        schema.RemoveAll(column => !present.Contains(column.ColumnName));
        return ml.Data.LoadFromEnumerable(Rows(path, reader), schema);
    }

    private static IEnumerable<JsonlRow> Rows(string path, JsonlRowReader reader)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        using var lines = new StreamReader(IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress) : file);
        for (long number = 1; ReadLine(lines, path, number) is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            yield return Parse(line, path, number, reader);
        }
    }

    private static JsonlRow Parse(string line, string path, long number, JsonlRowReader reader)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return reader.Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}, line {number}: this is no JSON object ({e.Message})", e);
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"{path}, line {number}: {e.Message}", e);
        }
    }

    private static string? ReadLine(StreamReader lines, string path, long number)
    {
        try
        {
            return lines.ReadLine();
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}, line {number}: the gzip data are damaged ({e.Message})", e);
        }
    }

    // By content, not by name: a .jsonl that is gzip'ed and a .gz that is not are both met in the wild.
    private static bool IsGzip(FileStream file)
    {
        Span<byte> head = stackalloc byte[2];
        var read = file.ReadAtLeast(head, 2, throwOnEndOfStream: false);
        file.Position = 0;
        return read == 2 && head[0] == 0x1f && head[1] == 0x8b;
    }
}
