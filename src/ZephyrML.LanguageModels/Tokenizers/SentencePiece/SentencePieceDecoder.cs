using System.Text;

namespace ZephyrML.LanguageModels;

/// <summary>SentencePiece's own way back: control pieces show nothing, runs of byte pieces are read as UTF-8, the blank that was put in front is left out.</summary>
internal sealed class SentencePieceDecoder : TokenDecoder
{
    private readonly SentencePieceFile file;
    private readonly HashSet<string> control;
    private readonly Dictionary<string, byte> bytes = [];
    private readonly string unknown;

    public SentencePieceDecoder(SentencePieceFile file)
    {
        this.file = file;
        control = [.. file.Pieces.Where(p => p.Kind == PieceKind.Control).Select(p => p.Text)];
        unknown = file.Pieces[file.Unknown].Text;
        for (var b = 0; b < 256; b++)
            bytes[$"<0x{b:X2}>"] = (byte)b;
    }

    public override List<string> Apply(List<string> parts)
    {
        var text = new StringBuilder();
        var run = new List<byte>();
        var (expected, seen) = (true, false);
        foreach (var part in parts)
        {
            if (file.ByteFallback && bytes.TryGetValue(part, out var value))
            {
                run.Add(value);
                continue;
            }
            Flush();
            if (seen || text.Length > 0)
                expected = false;
            seen = false;
            if (control.Contains(part))
                continue;
            var shown = part == unknown ? file.UnknownSurface : part;
            if (part != unknown && expected && (file.AddDummyPrefix || file.RemoveExtraWhitespaces) && shown.StartsWith('▁'))
            {
                shown = shown[1..];
                seen = !file.RemoveExtraWhitespaces;
            }
            text.Append(part == unknown ? shown : shown.Replace('▁', ' '));
        }
        Flush();
        return [text.ToString()];

        // Unlike .NET, SentencePiece makes one U+FFFD of each byte that is none.
        void Flush()
        {
            var left = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(run);
            while (left.Length > 0)
            {
                if (Rune.DecodeFromUtf8(left, out var rune, out var length) == System.Buffers.OperationStatus.Done)
                    text.Append(rune);
                else
                {
                    text.Append('\uFFFD');
                    length = 1;
                }
                left = left[length..];
            }
            run.Clear();
        }
    }
}
