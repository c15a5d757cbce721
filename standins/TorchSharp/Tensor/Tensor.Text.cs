using System.Globalization;
using System.Text;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Shape, type and device, as in "[2x3], type = Float32, device = cpu".</summary>
        public override string ToString()
        {
            if (IsInvalid) return "(disposed)";
            var sizes = shape;
            return $"[{string.Join("x", sizes)}], type = {dtype}, device = {device}" + (sizes.Length == 0 && is_cpu() && !is_complex() ? $", value = {Text(ToScalar(), "g", CultureInfo.CurrentCulture)}" : "");
        }

        /// <summary>The values too: the stand-in writes one nested list whatever the style, unless it is of metadata only.</summary>
        public string ToString(TensorStringStyle style, string fltFormat = null, int? width = null, CultureInfo cultureInfo = null, string newLine = null)
        {
            if (style == TensorStringStyle.Metadata || IsInvalid) return ToString();
            var text = new StringBuilder();
            using var here = detach().cpu();
            Write(text, here, fltFormat ?? "g5", cultureInfo ?? CultureInfo.InvariantCulture, newLine ?? Environment.NewLine, 0);
            return text.ToString();
        }

        public string ToString(bool disamb, string fltFormat = null, int? width = null, CultureInfo cultureInfo = null, string newLine = null)
            => disamb ? ToString(TensorStringStyle, fltFormat, width, cultureInfo, newLine) : ToString();

        private static void Write(StringBuilder text, Tensor t, string format, CultureInfo culture, string newLine, int depth)
        {
            const int Edge = 3, Most = 12;
            var sizes = t.shape;
            if (sizes.Length == 0) { text.Append(Text(t.ToScalar(), format, culture)); return; }
            text.Append('[');
            for (long i = 0; i < sizes[0]; i++)
            {
                if (i > 0) text.Append(sizes.Length == 1 ? " " : newLine + new string(' ', depth + 1));
                if (sizes[0] > Most && i == Edge) { text.Append("..."); i = sizes[0] - Edge - 1; continue; }
                using var row = t.select(0, i);
                Write(text, row, format, culture, newLine, depth + 1);
            }
            text.Append(']');
        }

        private static string Text(Scalar value, string format, CultureInfo culture) => value.Kind switch
        {
            Tag.Bool => value.Integer != 0 ? "True" : "False",
            Tag.Int => value.Integer.ToString(culture),
            _ => value.Real.ToString(format, culture),
        };
    }

    public static TensorStringStyle TensorStringStyle { get; set; } = TensorStringStyle.Default;
}
