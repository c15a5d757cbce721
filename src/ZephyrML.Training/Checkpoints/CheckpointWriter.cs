using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>Writes a checkpoint's files into a folder that is none yet: the store gives it its name when all are on disk.</summary>
internal sealed class CheckpointWriter(string folder, int step)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly JsonObject files = [];

    /// <summary>What goes into <see cref="CheckpointFiles.State"/>: each part of a run puts its own under a name of its own.</summary>
    public JsonObject State { get; } = [];

    /// <summary>Writes a file, on disk when this returns.</summary>
    public void File(string name, Action<Stream> write)
    {
        using var file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        using var hashing = new HashingStream(file);
        write(hashing);
        file.Flush(flushToDisk: true);
        files[name] = new JsonObject { ["bytes"] = hashing.Count, ["sha256"] = hashing.Hash };
    }

    public void Text(string name, string text) => File(name, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    public void Tensors(string name, IReadOnlyList<(string Name, Tensor Tensor)> tensors) =>
        File(name, stream => SafeTensorsWriter.Write(stream, tensors, new Dictionary<string, string> { ["format"] = "pt" }));

    /// <summary>Writes the state and then the manifest; nothing may follow.</summary>
    public void Complete()
    {
        Text(CheckpointFiles.State, State.ToJsonString(Indented));
        var manifest = new JsonObject { ["format"] = 1, ["step"] = step, ["files"] = files };
        using var file = new FileStream(Path.Combine(folder, CheckpointFiles.Manifest), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        file.Write(Encoding.UTF8.GetBytes(manifest.ToJsonString(Indented)));
        file.Flush(flushToDisk: true);
    }
}
