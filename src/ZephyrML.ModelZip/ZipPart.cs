using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace ZephyrML.ModelZip;

/// <summary>One transformer's part of a model zip, while it is being loaded.</summary>
public sealed class ZipPart
{
    private readonly ModelLoadContext _context;

    internal ZipPart(IHostEnvironment environment, ModelLoadContext context, int format, IDictionary<string, object> shared)
    {
        _context = context;
        Environment = environment;
        Format = format;
        Shared = shared;
    }

    /// <summary>The environment that loads.</summary>
    public IHostEnvironment Environment { get; }

    /// <summary>The format version that the part was written in: at most <see cref="ModelZipBridge.FormatVersion"/>.</summary>
    public int Format { get; }

    /// <summary>The part's main stream, positioned after the format version and the id.</summary>
    public BinaryReader Header => _context.Reader;

    /// <summary>What the parts of one zip share while it loads, so that weights that are stored once are held once.</summary>
    public IDictionary<string, object> Shared { get; }

    /// <summary>Opens one of the part's blobs; the caller closes it before the zip is loaded.</summary>
    /// <param name="name">The blob's name.</param>
    /// <returns>A seekable stream, or null if the part has no such blob.</returns>
    public Stream? Open(string name)
    {
        Stream? opened = null;
        _context.TryLoadBinaryStream(name, reader => opened = Reopen(reader.BaseStream));
        return opened;
    }

    /// <summary>ML.NET hands an entry only for the time of a call, but as a file that stays until the zip is closed: a second handle on it outlives the call.</summary>
    private static FileStream Reopen(Stream entry)
    {
        if (entry is FileStream file)
            return new FileStream(file.Name, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        var copy = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose,
        });
        try
        {
            entry.CopyTo(copy);
            copy.Position = 0;
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }
}
