using System.Buffers;
using System.Buffers.Binary;
using System.Collections;
using Microsoft.Win32.SafeHandles;

namespace ZephyrML.Training;

/// <summary>
/// Token rows on disk: appended once, then read in any order. In memory are only eight bytes a row and what waits to be written.
/// Reading is thread-safe, appending is not. A store at a path of its own appears there whole or not at all.
/// </summary>
/// <typeparam name="TRow"><see cref="SftRow"/> or <see cref="PreferenceRow"/>.</typeparam>
public sealed class TokenStore<TRow> : IReadOnlyList<TRow>, IDisposable
{
    // File: magic, kind, then the rows, then a 64-bit offset for each row and one for their end, then their number and the magic again.
    private const int Magic = 0x31534B54, HeaderLength = 8, FooterLength = 12, FlushAt = 1 << 20;
    private readonly RowCodec<TRow> codec;
    private readonly SafeFileHandle file;
    private readonly RowWriter pending = new();
    private readonly List<long> offsets;
    private readonly string? path, writingTo;
    private long flushed;

    private TokenStore(RowCodec<TRow> codec, SafeFileHandle file, string? path, string? writingTo, List<long> offsets, long flushed, bool complete) =>
        (this.codec, this.file, this.path, this.writingTo, this.offsets, this.flushed, IsComplete) = (codec, file, path, writingTo, offsets, flushed, complete);

    /// <summary>Number of rows.</summary>
    public int Count => offsets.Count - 1;

    /// <summary>Whether nothing can be appended any more.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Reads a row from disk.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public TRow this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            if (offsets[index + 1] > flushed)
                Flush();
            int length = checked((int)(offsets[index + 1] - offsets[index]));
            var buffer = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                ReadExactly(file, buffer.AsSpan(0, length), offsets[index]);
                var reader = new RowReader(buffer.AsSpan(0, length));
                return codec.Read(ref reader);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Appends a row.</summary>
    /// <exception cref="InvalidOperationException">The store is complete.</exception>
    /// <exception cref="ArgumentException">The row's lists do not fit together.</exception>
    public void Add(TRow row)
    {
        if (IsComplete)
            throw new InvalidOperationException("This token store is complete: nothing can be appended to it.");
        codec.Write(row, pending);
        offsets.Add(flushed + pending.Length);
        if (pending.Length >= FlushAt)
            Flush();
    }

    /// <summary>Ends appending; a store with a path of its own now appears there. A second call does nothing.</summary>
    public void Complete()
    {
        if (IsComplete)
            return;
        Flush();
        if (path is not null)
        {
            var tail = new byte[8 * offsets.Count + FooterLength];
            for (int i = 0; i < offsets.Count; i++)
                BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(8 * i), offsets[i]);
            BinaryPrimitives.WriteInt64LittleEndian(tail.AsSpan(tail.Length - 12), Count);
            BinaryPrimitives.WriteInt32LittleEndian(tail.AsSpan(tail.Length - 4), Magic);
            RandomAccess.Write(file, tail, flushed);
            RandomAccess.FlushToDisk(file);
            File.Move(writingTo!, path);
        }
        IsComplete = true;
    }

    /// <inheritdoc/>
    public IEnumerator<TRow> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Closes the file; deletes it if it is a temporary one or was never completed.</summary>
    public void Dispose()
    {
        if (file.IsClosed)
            return;
        file.Dispose();
        if (writingTo is not null && (path is null || !IsComplete))
            File.Delete(writingTo);
    }

    internal static TokenStore<TRow> Create(RowCodec<TRow> codec, string? path)
    {
        if (path is not null && File.Exists(path))
            throw new IOException($"{path}: there is a file of that name already; open it or choose another name.");
        // Beside its final place, so that the move at the end cannot cross file systems.
        var writingTo = path is null ? Path.Combine(Path.GetTempPath(), $"zephyrml-{Guid.NewGuid():N}.tokens") : $"{path}.{Guid.NewGuid():N}.part";
        // Others may delete: Windows could not move the open file to its final place otherwise.
        var file = File.OpenHandle(writingTo, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
        Span<byte> header = stackalloc byte[HeaderLength];
        BinaryPrimitives.WriteInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], codec.Kind);
        RandomAccess.Write(file, header, 0);
        return new(codec, file, path, writingTo, [HeaderLength], HeaderLength, complete: false);
    }

    internal static TokenStore<TRow> Open(RowCodec<TRow> codec, string path)
    {
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            long length = RandomAccess.GetLength(file);
            Span<byte> header = stackalloc byte[HeaderLength], footer = stackalloc byte[FooterLength];
            if (length < HeaderLength + 8 + FooterLength)
                throw new InvalidDataException($"{path}: too short for a token store, {length} bytes.");
            ReadExactly(file, header, 0);
            ReadExactly(file, footer, length - FooterLength);
            long count = BinaryPrimitives.ReadInt64LittleEndian(footer), index = length - FooterLength - 8 * (count + 1);
            if (BinaryPrimitives.ReadInt32LittleEndian(header) != Magic || BinaryPrimitives.ReadInt32LittleEndian(footer[8..]) != Magic || count < 0 || index < HeaderLength)
                throw new InvalidDataException($"{path}: no token store, or not whole.");
            if (BinaryPrimitives.ReadInt32LittleEndian(header[4..]) != codec.Kind)
                throw new InvalidDataException($"{path}: a token store of other rows than {typeof(TRow).Name}.");
            var bytes = new byte[checked((int)(8 * (count + 1)))];
            ReadExactly(file, bytes, index);
            var offsets = new List<long>(checked((int)count + 1));
            for (int i = 0; i <= count; i++)
            {
                long offset = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8 * i));
                if (offset > index || offset < (i == 0 ? HeaderLength : offsets[^1]))
                    throw new InvalidDataException($"{path}: the place of row {i} lies outside the file.");
                offsets.Add(offset);
            }
            return new(codec, file, path, null, offsets, index, complete: true);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void Flush()
    {
        lock (pending)
        {
            if (pending.Length == 0)
                return;
            RandomAccess.Write(file, pending.Written, flushed);
            flushed += pending.Length;
            pending.Clear();
        }
    }

    private static void ReadExactly(SafeFileHandle file, Span<byte> into, long at)
    {
        while (into.Length > 0)
        {
            int read = RandomAccess.Read(file, into, at);
            if (read == 0)
                throw new EndOfStreamException("A token store ended early.");
            into = into[read..];
            at += read;
        }
    }
}
