using System.Buffers.Binary;

namespace ZephyrML.Training;

/// <summary>TensorBoard's event files: TFRecord frames (length, its checksum, message, its checksum) around Event messages. Each start writes a file of its own.</summary>
internal sealed class TensorBoardSink(string folder, TimeProvider clock) : IMetricSink
{
    private FileStream? file;

    public void Begin(IReadOnlyList<StepMetrics> before, int step)
    {
        bool older = Directory.EnumerateFiles(folder, "events.out.tfevents.*").Any();
        long seconds = clock.GetUtcNow().ToUnixTimeSeconds();
        // TensorBoard reads the files in the order of their names.
        for (int i = 0; file is null; i++)
        {
            var path = Path.Combine(folder, FormattableString.Invariant($"events.out.tfevents.{seconds}.{i:000}.zephyrml"));
            if (!File.Exists(path))
                file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
        }
        Record(EventMessage.Version(Now));
        if (older)
            Record(EventMessage.Restart(Now, step == 0 ? 0 : step + 1));
    }

    public void Take(StepMetrics metrics)
    {
        Record(EventMessage.Scalars(Now, metrics.Step, metrics.Values.Select(v => (Tag(v.Key), (float)v.Value))));
        file!.Flush();
    }

    public void Rest()
    {
    }

    public void Dispose() => file?.Dispose();

    /// <summary>As transformers' TensorBoardCallback has it.</summary>
    public static string Tag(string name) => name.StartsWith("eval_", StringComparison.Ordinal) ? "eval/" + name["eval_".Length..] : "train/" + name;

    private double Now => clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;

    private void Record(byte[] message)
    {
        Span<byte> header = stackalloc byte[12], footer = stackalloc byte[4];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], MaskedCrc.Of(header[..8]));
        BinaryPrimitives.WriteUInt32LittleEndian(footer, MaskedCrc.Of(message));
        file!.Write([.. header, .. message, .. footer]);
    }
}
