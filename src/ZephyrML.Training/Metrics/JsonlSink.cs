using System.Text;

namespace ZephyrML.Training;

/// <summary>Metrics in a file, a line each, on the file system when <see cref="Take"/> returns.</summary>
internal sealed class JsonlSink(string folder) : IMetricSink
{
    private FileStream? file;

    public void Begin(IReadOnlyList<StepMetrics> before, int step)
    {
        // The checkpoint knows all lines that count: steps made after it are made again, and a line cut off by a kill is gone.
        var path = Path.Combine(folder, "metrics.jsonl");
        File.WriteAllLines(path + ".part", before.Select(MetricLines.Write));
        File.Move(path + ".part", path, overwrite: true);
        file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
    }

    public void Take(StepMetrics metrics)
    {
        file!.Write(Encoding.UTF8.GetBytes(MetricLines.Write(metrics) + "\n"));
        file.Flush();
    }

    public void Rest()
    {
    }

    public void Dispose() => file?.Dispose();
}
