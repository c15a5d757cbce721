using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace ZephyrML.LanguageModels;

/// <summary>A tensor's bytes in and out of streams, some megabytes at a time, so that no second copy of a model is made.</summary>
internal static class TensorBytes
{
    private const long Chunk = 4 << 20, Converted = 1 << 18;      // elements; what is converted passes through the processor's cache

    /// <summary>Fills a tensor (any device, any type) with elements that the stream holds as <paramref name="stored"/>.</summary>
    /// <exception cref="EndOfStreamException">The stream ends before.</exception>
    public static void Read(Stream stream, Tensor target, ScalarType stored)
    {
        if (target.dtype == stored && target.device_type == DeviceType.CPU)
        {
            InChunks(target, Chunk, piece => stream.ReadExactly(piece.bytes));
            return;
        }
        using var buffer = empty(Math.Min(Math.Max(1, target.NumberOfElements), target.device_type == DeviceType.CPU ? Converted : Chunk), dtype: stored);
        InChunks(target, buffer.shape[0], piece =>
        {
            var read = buffer.narrow(0, 0, piece.shape[0]);
            stream.ReadExactly(read.bytes);
            piece.copy_(read);
        });
    }

    /// <summary>Writes a tensor's elements in its own type, row by row.</summary>
    public static void Write(Stream stream, Tensor tensor) => InChunks(tensor, Chunk, piece =>
    {
        using var here = piece.cpu();
        stream.Write(here.bytes);
    });

    /// <summary>Adds a tensor's bytes to a hash.</summary>
    public static void Append(IncrementalHash hash, Tensor tensor) => InChunks(tensor, Chunk, piece =>
    {
        using var here = piece.cpu();
        hash.AppendData(here.bytes);
    });

    private static void InChunks(Tensor tensor, long chunk, Action<Tensor> visit)
    {
        using var outer = NewDisposeScope();
        using var noGrad = no_grad();
        var flat = tensor.detach().contiguous().view(-1);
        for (long start = 0, n = flat.shape[0]; start < n; start += chunk)
        {
            using var scope = NewDisposeScope();
            visit(flat.narrow(0, start, Math.Min(chunk, n - start)));
        }
    }
}
