using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>A zip of model streams; entries are worked on as files of a temporary folder, so their size is no matter of memory.</summary>
internal abstract class Repository : IDisposable
{
    private readonly string _folder;
    private bool _disposed;

    private protected Repository(IExceptionContext ctx)
    {
        ExceptionContext = ctx;
        string temp = (ctx as IHostEnvironmentInternal)?.TempFilePath ?? Path.GetTempPath();
        do _folder = Path.Combine(Path.GetFullPath(temp), "ml_dotnet_" + Path.GetFileNameWithoutExtension(Path.GetRandomFileName()));
        while (Directory.Exists(_folder));
        Directory.CreateDirectory(_folder);
    }

    ~Repository() => Dispose(false);

    public IExceptionContext ExceptionContext { get; }

    public void Dispose()
    {
        if (!_disposed)
            Dispose(true);
        _disposed = true;
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        try { Directory.Delete(_folder, recursive: true); }
        catch (IOException) { }                     // a file still in use is left behind, as in the real package
        catch (UnauthorizedAccessException) { }
    }

    protected string NewTempFile() => Path.Combine(_folder, Path.GetRandomFileName());

    protected void CheckOpen() => Contracts.Check(!_disposed);

    /// <summary>The name in the zip: folders with slashes.</summary>
    protected static string EntryName(string dir, string name)
    {
        Contracts.CheckParam(dir == null || !dir.Contains(".."), nameof(dir));
        Contracts.CheckParam(!string.IsNullOrWhiteSpace(name) && !name.Contains(".."), nameof(name));
        string path = string.IsNullOrEmpty(dir) ? name : dir + "/" + name;
        return path.Replace('\\', '/').TrimStart('/');
    }
}
