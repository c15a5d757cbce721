namespace TorchSharp;

public static partial class torch
{
    /// <summary>One position of an index expression: a number, a slice, a tensor, None, or an ellipsis.</summary>
    public struct TensorIndex
    {
        internal enum Shape { Null, Ellipsis, None, Colon, Slice, Single, Bool, Tensor }

        internal Shape Form;
        internal long? Start, Stop, Step;
        internal Tensor Value;

        public static TensorIndex Null = new() { Form = Shape.Null };
        public static TensorIndex None = new() { Form = Shape.None };
        public static TensorIndex Ellipsis = new() { Form = Shape.Ellipsis };
        public static TensorIndex Colon = new() { Form = Shape.Colon };

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null)
            => new() { Form = Shape.Slice, Start = start, Stop = stop, Step = step };

        public static TensorIndex Slice((int?, int?) range) => Slice(range.Item1, range.Item2);

        public static TensorIndex Slice(Range range)
            => Slice(range.Start.IsFromEnd ? -(long)range.Start.Value : range.Start.Value,
                     !range.End.IsFromEnd ? range.End.Value : range.End.Value == 0 ? null : -(long)range.End.Value);

        public static TensorIndex Single(long? index) => new() { Form = index is null ? Shape.Colon : Shape.Single, Start = index };

        public static TensorIndex Bool(bool value) => new() { Form = Shape.Bool, Start = value ? 1 : 0 };

        public static TensorIndex Tensor(Tensor tensor) => new() { Form = Shape.Tensor, Value = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);
        public static implicit operator TensorIndex((int?, int?) range) => Slice(range);
        public static implicit operator TensorIndex(Index index) => Single(index.IsFromEnd ? -(long)index.Value : index.Value);
        public static implicit operator TensorIndex(Range range) => Slice(range);
        public static implicit operator Tensor(TensorIndex value) => value.Value;
    }
}
