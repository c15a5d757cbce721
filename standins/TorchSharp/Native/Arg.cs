namespace TorchSharp;

/// <summary>
/// One argument of an operator as managed code writes it. It holds the object behind the argument: arguments stand on the caller's
/// frame until the call is over, so no tensor can be finalized while native code uses it.
/// </summary>
internal readonly struct Arg
{
    internal readonly object Ref;
    internal readonly long Bits;
    internal readonly Tag Tag;
    internal readonly int Aux;

    private Arg(Tag tag, long bits = 0, object reference = null, int aux = 0) => (Tag, Bits, Ref, Aux) = (tag, bits, reference, aux);

    /// <summary>The default of the schema.</summary>
    internal static readonly Arg Default = new(Tag.Default);
    internal static readonly Arg None = new(Tag.None);

    public static implicit operator Arg(torch.Tensor t) => t is null ? default : new(Tag.Tensor, t.Handle, t);
    public static implicit operator Arg(long v) => new(Tag.Int, v);
    public static implicit operator Arg(int v) => new(Tag.Int, v);
    public static implicit operator Arg(double v) => new(Tag.Double, BitConverter.DoubleToInt64Bits(v));
    public static implicit operator Arg(float v) => (double)v;
    public static implicit operator Arg(bool v) => new(Tag.Bool, v ? 1 : 0);
    public static implicit operator Arg(string v) => v is null ? default : new(Tag.String, 0, v);
    public static implicit operator Arg(long? v) => v is long x ? x : default(Arg);
    public static implicit operator Arg(int? v) => v is int x ? x : default(Arg);
    public static implicit operator Arg(double? v) => v is double x ? x : default(Arg);
    public static implicit operator Arg(bool? v) => v is bool x ? x : default(Arg);
    public static implicit operator Arg(torch.ScalarType v) => new(Tag.Int, (int)v);
    public static implicit operator Arg(torch.ScalarType? v) => v is torch.ScalarType x ? x : default(Arg);
    public static implicit operator Arg(long[] v) => v is null ? default : new(Tag.Ints, 0, v);
    public static implicit operator Arg(ReadOnlySpan<long> v) => v.ToArray();
    public static implicit operator Arg(double[] v) => v is null ? default : new(Tag.Doubles, 0, v);
    public static implicit operator Arg(torch.Tensor[] v) => v is null ? default : new(Tag.Tensors, 0, v);
    public static implicit operator Arg(torch.Size v) => v.Shape;
    public static implicit operator Arg(torch.Device v) => v is null ? default : new(Tag.Device, (int)v.type, null, v.index);
    public static implicit operator Arg(torch.Generator v) => v is null ? default : new(Tag.Generator, v.Handle, v);
    public static implicit operator Arg(Scalar v) => v is null ? default : new(v.Kind, v.Bits);
}
