using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using ZephyrML.LanguageModels;
using static TorchSharp.torch;

namespace ZephyrML.Training;

/// <summary>A checkpoint that was found whole: every file has the length and the hash that its manifest says.</summary>
internal sealed class CheckpointReader
{
    private CheckpointReader(string folder, int step, JsonObject state) => (Folder, Step, State) = (folder, step, state);

    public string Folder { get; }

    /// <summary>Optimiser steps done.</summary>
    public int Step { get; }

    /// <summary>What the parts of the run put into it.</summary>
    public JsonObject State { get; }

    public bool Has(string name) => System.IO.File.Exists(PathOf(name));

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Fills tensors by their names.</summary>
    /// <exception cref="InvalidDataException">The file has a tensor less, or of another shape.</exception>
    public void Fill(string name, IReadOnlyList<(string Name, Tensor Tensor)> tensors)
    {
        using var noGrad = no_grad();
        var wanted = tensors.ToDictionary(t => t.Name, t => t.Tensor, StringComparer.Ordinal);
        using var reader = SafeTensorsReader.Open(PathOf(name));
        reader.ReadAll(entry =>
        {
            if (!wanted.Remove(entry.Name, out var tensor))
                return null;
            if (!tensor.shape.SequenceEqual(entry.Shape))
                throw new InvalidDataException($"{PathOf(name)}: {entry.Name} is ({string.Join(", ", entry.Shape)}), expected ({string.Join(", ", tensor.shape)}).");
            return tensor;
        });
        if (wanted.Count > 0)
            throw new InvalidDataException($"{PathOf(name)}: there is no {string.Join(", ", wanted.Keys.Take(3))}.");
    }

    /// <summary>Opens a checkpoint if it is whole.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="problem">Why it is not.</param>
    public static CheckpointReader? Open(string folder, out string? problem)
    {
        try
        {
            var path = Path.Combine(folder, CheckpointFiles.Manifest);
            if (!System.IO.File.Exists(path))
                return Not($"there is no {CheckpointFiles.Manifest}", out problem);
            var manifest = JsonNode.Parse(System.IO.File.ReadAllText(path)) as JsonObject;
            if (manifest?["format"]?.GetValue<int>() is not 1 || manifest["files"] is not JsonObject files || manifest["step"]?.GetValue<int>() is not { } step)
                return Not($"{CheckpointFiles.Manifest} is of another format", out problem);
            foreach (var (name, file) in files)
            {
                if (Wrong(Path.Combine(folder, name), file!["bytes"]!.GetValue<long>(), file["sha256"]!.GetValue<string>()) is { } wrong)
                    return Not($"{name} {wrong}", out problem);
            }
            if (!files.ContainsKey(CheckpointFiles.State) || JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(folder, CheckpointFiles.State))) is not JsonObject state)
                return Not($"there is no {CheckpointFiles.State}", out problem);
            problem = null;
            return new(folder, step, state);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or FormatException or NullReferenceException)
        {
            return Not(e.Message, out problem);
        }
    }

    private static CheckpointReader? Not(string why, out string? problem)
    {
        problem = why;
        return null;
    }

    private static string? Wrong(string path, long bytes, string hash)
    {
        if (!System.IO.File.Exists(path))
            return "is missing";
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        if (file.Length != bytes)
            return $"has {file.Length} bytes, {bytes} were written";
        return Convert.ToHexStringLower(SHA256.HashData(file)) == hash ? null : "does not have the bytes that were written";
    }
}
