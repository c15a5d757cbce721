using System.Text;
using System.Text.Json;

namespace ZephyrML.Teacher;

/// <summary>
/// The JSONL file that self-instruct appends to: a line is {"messages": […], "zephyr": {run, pass, refinement, seed, counts}}, the counts of what was dropped since the line before. Each line is handed to the operating system whole
/// before the next is made, so a kill costs at most the line that was being written; half a line at the end is cut off when the file is opened again.
/// </summary>
internal sealed class DialogueFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly string _path, _run;

    public DialogueFile(string path, string run)
    {
        (_path, _run) = (Path.GetFullPath(path), run);
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        try
        {
            _stream = new(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
        }
        catch (IOException e)
        {
            throw new IOException($"The file '{_path}' cannot be continued: {e.Message}", e);
        }
    }

    /// <summary>Reads what is there and cuts off half a line at the end. To be called once, before the first append.</summary>
    /// <exception cref="FormatException">A line cannot be read, or belongs to a run with other seeds or settings.</exception>
    public List<(SelfInstructStep Step, Dialogue Dialogue, SelfInstructCounts Counts)> Read()
    {
        var entries = new List<(SelfInstructStep, Dialogue, SelfInstructCounts)>();
        var whole = 0L;
        var number = 0;
        foreach (var line in Lines())
        {
            number++;
            whole += line.Length + 1;
            if (line.AsSpan().Trim((byte)' ').Trim((byte)'\r').IsEmpty)
                continue;
            try
            {
                using var document = JsonDocument.Parse(line);
                var root = document.RootElement;
                var at = root.GetProperty("zephyr");
                if (at.GetProperty("run").GetString() != _run)
                    throw new FormatException("it was made from other seeds or with other settings; give another file, or the same seeds and settings");
                var step = new SelfInstructStep(at.GetProperty("pass").GetInt32(), at.GetProperty("refinement").GetInt32(), at.GetProperty("seed").GetInt32());
                entries.Add((step, DialogueJson.Parse(root.GetProperty("messages")), Counts(at)));
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new FormatException($"'{_path}', line {number}: it cannot be continued: {e.Message}", e);
            }
        }
        _stream.SetLength(whole);
        _stream.Seek(0, SeekOrigin.End);
        return entries;
    }

    public void Append(SelfInstructStep step, Dialogue dialogue, SelfInstructCounts since)
    {
        using var buffer = new MemoryStream();
        using (var w = new Utf8JsonWriter(buffer, DialogueJson.WriterOptions))
        {
            w.WriteStartObject();
            w.WritePropertyName("messages");
            DialogueJson.Write(w, dialogue);
            w.WriteStartObject("zephyr");
            w.WriteString("run", _run);
            w.WriteNumber("pass", step.Pass);
            w.WriteNumber("refinement", step.Refinement);
            w.WriteNumber("seed", step.Seed);
            Write(w, since);
            w.WriteEndObject();
            w.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        _stream.Write(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();

    private static void Write(Utf8JsonWriter w, SelfInstructCounts counts)
    {
        (string Name, int Count)[] all = [.. counts.Dropped.OrderBy(d => d.Key).Select(d => ($"{d.Key}", d.Value)), (nameof(counts.Truecased), counts.Truecased), (nameof(counts.EndedEarly), counts.EndedEarly)];
        if (all.All(a => a.Count == 0))
            return;
        w.WriteStartObject("counts");
        foreach (var (name, count) in all.Where(a => a.Count > 0))
            w.WriteNumber(name, count);
        w.WriteEndObject();
    }

    private static SelfInstructCounts Counts(JsonElement at)
    {
        var counts = new SelfInstructCounts();
        if (!at.TryGetProperty("counts", out var all))
            return counts;
        foreach (var count in all.EnumerateObject())
        {
            if (count.Name == nameof(counts.Truecased))
                counts.Truecased = count.Value.GetInt32();
            else if (count.Name == nameof(counts.EndedEarly))
                counts.EndedEarly = count.Value.GetInt32();
            else if (Enum.TryParse<DropReason>(count.Name, out var reason))
                counts.Drop(reason, count.Value.GetInt32());
            else
                throw new FormatException($"it counts '{count.Name}', which is not known");
        }
        return counts;
    }

    /// <summary>The lines that end with a line feed.</summary>
    private IEnumerable<byte[]> Lines()
    {
        _stream.Seek(0, SeekOrigin.Begin);
        var line = new MemoryStream();
        for (var b = _stream.ReadByte(); b >= 0; b = _stream.ReadByte())
        {
            if (b != '\n')
            {
                line.WriteByte((byte)b);
                continue;
            }
            yield return line.ToArray();
            line.SetLength(0);
        }
    }
}
