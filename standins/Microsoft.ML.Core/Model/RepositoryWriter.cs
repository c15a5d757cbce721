using System.IO.Compression;
using System.Reflection;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

internal sealed class RepositoryWriter : Repository
{
    private readonly ZipArchive _archive;
    private readonly HashSet<string> _names = [];
    private readonly List<RepositoryEntry> _open = [];
    private readonly Queue<RepositoryEntry> _closed = [];

    private RepositoryWriter(Stream stream, IExceptionContext ctx) : base(ctx)
        => _archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);

    public static RepositoryWriter CreateNew(Stream stream, IExceptionContext ctx = null)
    {
        Contracts.CheckValue(stream, nameof(stream));
        var repository = new RepositoryWriter(stream, ctx);
        using var entry = repository.CreateEntry("TrainingInfo", "Version.txt");
        using var writer = new StreamWriter(entry.Stream, Encoding.UTF8, leaveOpen: true);
        writer.WriteLine(typeof(RepositoryWriter).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>().InformationalVersion);
        return repository;
    }

    public RepositoryEntry CreateEntry(string name) => CreateEntry(null, name);

    public RepositoryEntry CreateEntry(string dir, string name)
    {
        CheckOpen();
        ArchiveClosedEntries();
        string path = EntryName(dir, name);
        if (!_names.Add(path))
            throw ExceptionContext.ExceptParam(nameof(name), $"Duplicate entry: '{path}'");
        var entry = new RepositoryEntry(path, new FileStream(NewTempFile(), FileMode.CreateNew), closed =>
        {
            _open.Remove(closed);
            _closed.Enqueue(closed);                // disposing must not throw, so the zip is written later
        });
        _open.Add(entry);
        return entry;
    }

    public void Commit()
    {
        CheckOpen();
        while (_open.Count > 0)
            _open[^1].Dispose();
        ArchiveClosedEntries();
        _archive.Dispose();
        Dispose();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (var entry in _closed.Concat(_open))
                entry.Stream.Dispose();
            _archive.Dispose();
        }
        base.Dispose(disposing);
    }

    private void ArchiveClosedEntries()
    {
        while (_closed.TryDequeue(out var entry))
        {
            using (entry.Stream)
            using (var target = _archive.CreateEntry(entry.Path).Open())
            {
                entry.Stream.Position = 0;
                entry.Stream.CopyTo(target);
            }
            File.Delete(((FileStream)entry.Stream).Name);
        }
    }
}
