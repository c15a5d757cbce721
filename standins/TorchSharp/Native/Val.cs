using System.Runtime.InteropServices;

namespace TorchSharp;

internal enum Tag { None = 0, Tensor = 1, Int = 2, Double = 3, Bool = 4, String = 5, Ints = 6, Tensors = 7, Default = 8, Doubles = 9, Device = 11, Generator = 12 }

/// <summary>One argument or result as native code sees it (16 bytes, as in atshim.cpp).</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct Val
{
    [FieldOffset(0)] internal Tag Tag;
    [FieldOffset(4)] internal int Aux;
    [FieldOffset(8)] internal long Bits;
    [FieldOffset(8)] internal double Real;
}
