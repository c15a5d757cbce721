using System.Numerics;
using System.Runtime.InteropServices;

namespace ZephyrML.LanguageModels;

/// <summary>
/// Remembers the tokens of pieces: a table of fixed size, where a new piece takes the place of an older one. Safe to use from several threads without locks, since what lies
/// in a place never changes.
/// </summary>
internal sealed class PieceCache
{
    private const int Size = 1 << 15;
    private readonly Entry?[] entries = new Entry?[Size];

    /// <summary>The tokens of a piece, if they are remembered.</summary>
    public PieceTokens? Find(ReadOnlySpan<char> piece, out uint hash)
    {
        hash = Hash(piece);
        var first = Volatile.Read(ref entries[hash & (Size - 1)]);
        if (first is not null && first.Hash == hash && piece.SequenceEqual(first.Piece))
            return first.Tokens;
        var second = Volatile.Read(ref entries[(hash & (Size - 1)) ^ 1]);
        return second is not null && second.Hash == hash && piece.SequenceEqual(second.Piece) ? second.Tokens : null;
    }

    /// <summary>Remembers the tokens of a piece; of its two places it takes a free one, else one by chance.</summary>
    public void Add(ReadOnlySpan<char> piece, uint hash, PieceTokens tokens)
    {
        var place = hash & (Size - 1);
        if (Volatile.Read(ref entries[place]) is not null && (Volatile.Read(ref entries[place ^ 1]) is null || (hash & 0x8000_0000) != 0))
            place ^= 1;
        Volatile.Write(ref entries[place], new Entry(hash, piece.ToString(), tokens));
    }

    private static uint Hash(ReadOnlySpan<char> piece)
    {
        const ulong Spread = 0x9E3779B97F4A7C15;
        var hash = (ulong)piece.Length * Spread;
        var whole = MemoryMarshal.Cast<char, ulong>(piece);
        foreach (var four in whole)
            hash = BitOperations.RotateLeft(hash ^ four, 29) * Spread;
        foreach (var unit in piece[(4 * whole.Length)..])
            hash = BitOperations.RotateLeft(hash ^ unit, 29) * Spread;
        return (uint)(hash >> 32) ^ (uint)(hash >> 11);
    }

    private sealed record Entry(uint Hash, string Piece, PieceTokens Tokens);
}
