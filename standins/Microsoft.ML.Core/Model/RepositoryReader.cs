using System.IO.Compression;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

internal sealed class RepositoryReader : Repository
{
    private readonly ZipArchive _archive;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = [];
    private readonly Dictionary<string, string> _extracted = [];
    private readonly List<RepositoryEntry> _open = [];

    private RepositoryReader(ZipArchive archive, IExceptionContext ctx) : base(ctx)
    {
        _archive = archive;
        foreach (var entry in archive.Entries)
            _entries[entry.FullName.Replace('\\', '/')] = entry;
    }

    public static RepositoryReader Open(Stream stream, IExceptionContext ctx = null)
    {
        Contracts.CheckValue(stream, nameof(stream));
        ZipArchive archive;
        try { archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true); }
        catch (Exception ex) { throw Contracts.ExceptDecode("Failed to open a zip archive", ex); }
        return new RepositoryReader(archive, ctx);
    }

    public RepositoryEntry OpenEntryOrNull(string name) => OpenEntryOrNull(null, name);

    public RepositoryEntry OpenEntryOrNull(string dir, string name)
    {
        CheckOpen();
        string path = EntryName(dir, name);
        if (!_entries.TryGetValue(path, out var zipped))
            return null;
        if (!_extracted.TryGetValue(path, out string file))
            zipped.ExtractToFile(_extracted[path] = file = NewTempFile());
        var entry = new RepositoryEntry(path, new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read), closed =>
        {
            _open.Remove(closed);
            closed.Stream.Dispose();
        });
        _open.Add(entry);
        return entry;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            while (_open.Count > 0)
                _open[^1].Dispose();
            _archive.Dispose();
        }
        base.Dispose(disposing);
    }
}
