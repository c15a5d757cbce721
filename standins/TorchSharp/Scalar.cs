namespace TorchSharp;

/// <summary>A single value with an element type.</summary>
public sealed class Scalar : IDisposable
{
    internal readonly Tag Kind;
    internal readonly long Bits;

    internal Scalar(double value, torch.ScalarType type) => (Kind, Bits, Type) = (Tag.Double, BitConverter.DoubleToInt64Bits(value), type);

    internal Scalar(long value, torch.ScalarType type) => (Kind, Bits, Type) = (Tag.Int, value, type);

    private Scalar(bool value) => (Kind, Bits, Type) = (Tag.Bool, value ? 1 : 0, torch.ScalarType.Bool);

    public torch.ScalarType Type { get; }

    internal double Real => Kind == Tag.Double ? BitConverter.Int64BitsToDouble(Bits) : Bits;

    internal long Integer => Kind == Tag.Double ? (long)BitConverter.Int64BitsToDouble(Bits) : Bits;

    public void Dispose() { }

    public static implicit operator Scalar(bool value) => new(value);
    public static implicit operator Scalar(byte value) => new((long)value, torch.ScalarType.Byte);
    public static implicit operator Scalar(sbyte value) => new((long)value, torch.ScalarType.Int8);
    public static implicit operator Scalar(short value) => new((long)value, torch.ScalarType.Int16);
    public static implicit operator Scalar(int value) => new((long)value, torch.ScalarType.Int32);
    public static implicit operator Scalar(long value) => new((long)value, torch.ScalarType.Int64);
    public static implicit operator Scalar(float value) => new((double)value, torch.ScalarType.Float32);
    public static implicit operator Scalar(double value) => new((double)value, torch.ScalarType.Float64);
    public static implicit operator Scalar(Half value) => new((double)value, torch.ScalarType.Float16);
}
