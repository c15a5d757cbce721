using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using ZephyrML.LanguageModels;

namespace ZephyrML.Benchmarks;

/// <summary>
/// Megabytes of UTF-8 tokenized per second, beside a plain read of the same bytes in the same run. By the clock, and by the processor's time, which other work on the machine
/// does not slow down.
/// </summary>
internal static class TokenizerBenchmark
{
    public static string Run(string[] args)
    {
        string Option(string name, string otherwise) => Array.IndexOf(args, "--" + name) is >= 0 and var at ? args[at + 1] : otherwise;
        double seconds = double.Parse(Option("seconds", "2"), System.Globalization.CultureInfo.InvariantCulture);
        int threads = int.Parse(Option("threads", "2"), System.Globalization.CultureInfo.InvariantCulture);
        var tokenizer = LanguageModelTokenizer.Read(name => Open(Path.Combine(Option("tokenizer", "."), name)));
        string file = Path.GetTempFileName();
        try
        {
            using (var plain = File.Create(file))
            using (var stream = Open(Option("text", "wiki.txt")) ?? throw new FileNotFoundException($"There is no text '{Option("text", "wiki.txt")}'."))
                stream.CopyTo(plain);
            string text = File.ReadAllText(file);
            string[] lines = [.. File.ReadLines(file).Where(l => l.Trim().Length > 0)];
            long bytes = new FileInfo(file).Length, lineBytes = lines.Sum(l => (long)Encoding.UTF8.GetByteCount(l));
            int tokens = tokenizer.Encode(text).Length;
            return JsonSerializer.Serialize(
                new Dictionary<string, object>
                {
                    ["megabytes"] = Math.Round(bytes / 1e6, 2), ["tokens"] = tokens, ["processors"] = Environment.ProcessorCount,
                    ["file_read"] = Rate(seconds, bytes, () => File.ReadAllText(file)),
                    ["whole"] = Rate(seconds, bytes, () => tokenizer.Encode(text)),
                    ["whole_with_offsets"] = Rate(seconds, bytes, () => tokenizer.EncodeWithOffsets(text)),
                    ["line_by_line"] = Rate(seconds, lineBytes, () =>
                    {
                        foreach (string line in lines) tokenizer.Encode(line);
                    }),
                    [$"batch_of_lines_{threads}_threads"] = Rate(seconds, lineBytes, () => tokenizer.EncodeBatch(lines, maxDegreeOfParallelism: threads)),
                    ["first_time"] = Once(bytes, () => LanguageModelTokenizer.Read(name => Open(Path.Combine(Option("tokenizer", "."), name))), again => again.Encode(text)),
                },
                new JsonSerializerOptions { WriteIndented = true });
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Dictionary<string, double> Rate(double seconds, long bytes, Action action)
    {
        action();
        int rounds = 0;
        long clock = Stopwatch.GetTimestamp(), allocated = GC.GetTotalAllocatedBytes();
        var cpu = Environment.CpuUsage.TotalTime;
        double best = double.MaxValue;
        for (; rounds == 0 || Stopwatch.GetElapsedTime(clock).TotalSeconds < seconds; rounds++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return new()
        {
            ["mb_per_s"] = Math.Round(rounds * bytes / 1e6 / Stopwatch.GetElapsedTime(clock).TotalSeconds, 1),
            ["best_mb_per_s"] = Math.Round(bytes / 1e6 / best, 1),
            ["mb_per_cpu_s"] = Math.Round(rounds * bytes / 1e6 / (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, 1),
            ["allocated_per_byte"] = Math.Round((GC.GetTotalAllocatedBytes() - allocated) / (double)(rounds * bytes), 1),
        };
    }

    // With nothing remembered yet.
    private static Dictionary<string, double> Once(long bytes, Func<LanguageModelTokenizer> make, Action<LanguageModelTokenizer> action)
    {
        double best = double.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            var tokenizer = make();
            var cpu = Environment.CpuUsage.TotalTime;
            action(tokenizer);
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        }
        return new() { ["mb_per_cpu_s"] = Math.Round(bytes / 1e6 / best, 1) };
    }

    private static Stream? Open(string path)
    {
        if (File.Exists(path)) return path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(File.OpenRead(path), CompressionMode.Decompress) : File.OpenRead(path);
        return File.Exists(path + ".gz") ? new GZipStream(File.OpenRead(path + ".gz"), CompressionMode.Decompress) : null;
    }
}
