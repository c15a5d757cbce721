using System.IO.Compression;
using Microsoft.ML;
using ZephyrML.Transforms.Students;

namespace ZephyrML.Saving;

/// <summary>Saves a model's zip with its weights stored: float weights compress badly, and slowly.</summary>
internal static class StoredZip
{
    public static void Save(MLContext ml, ITransformer model, DataViewSchema? inputSchema, string path, CancellationToken cancellationToken)
    {
        var target = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var mark = Path.GetRandomFileName();
        var packed = $"{target}.{mark}.tmp";
        var stored = $"{target}.{mark}.new";
        try
        {
            ml.Model.Save(model, inputSchema, packed);
            Rewrite(packed, stored, cancellationToken);
            File.Move(stored, target, overwrite: true);
        }
        finally
        {
            File.Delete(packed);
            File.Delete(stored);
        }
    }

    private static void Rewrite(string from, string to, CancellationToken cancellationToken)
    {
        using var source = ZipFile.OpenRead(from);
        using var target = ZipFile.Open(to, ZipArchiveMode.Create);
        foreach (var entry in source.Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var copy = target.CreateEntry(entry.FullName, ModelFiles.IsWeights(entry.Name) ? CompressionLevel.NoCompression : CompressionLevel.Optimal);
            copy.LastWriteTime = entry.LastWriteTime;
            using var content = entry.Open();
            using var written = copy.Open();
            content.CopyTo(written);
        }
    }
}
