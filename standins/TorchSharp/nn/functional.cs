namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public enum Reduction { None = 0, Mean = 1, Sum = 2 }

        public static partial class functional
        {
            private static readonly Op op_linear = new("linear"), op_embedding = new("embedding"), op_dropout = new("dropout"), op_dropout_ = new("dropout_"), op_layer_norm = new("layer_norm");
            private static readonly Op op_one_hot = new("one_hot"), op_pad = new("pad"), op_log_sigmoid = new("log_sigmoid"), op_mish = new("mish"), op_mish_ = new("mish_");
            private static readonly Op op_attention = new("scaled_dot_product_attention", "_scaled_dot_product_attention"), op_cosine_similarity = new("cosine_similarity");

            public static Tensor linear(Tensor input, Tensor weights, Tensor bias = null) => op_linear.Call([input, weights, bias]);

            internal static Tensor embedding(Tensor input, Tensor weight, long? padding_idx = null, double? max_norm = null, double norm_type = 2, bool scale_grad_by_freq = false, bool sparse = false)
            {
                if (max_norm is not null) throw new NotImplementedException("The TorchSharp stand-in's embedding does not renormalise (max_norm).");
                return op_embedding.Call([weight, input, padding_idx is long p ? (p < 0 ? p + weight.shape[0] : p) : -1L, scale_grad_by_freq, sparse]);
            }

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false)
                => inplace ? op_dropout_.CallInPlace([input, p, training]) : op_dropout.Call([input, p, training]);

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor weight = null, Tensor bias = null, double eps = 1E-05)
                => op_layer_norm.Call([input, normalized_shape, weight, bias, eps]);

            /// <summary>softmax(q kᵀ / sqrt(d)) v over (..., T, d), with a mask that is added, or (bool) true where attention may look.</summary>
            public static Tensor scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor attn_mask = null, double p = 0, bool is_casual = false)
            {
                if (op_attention.Choice == 0) return op_attention.Call([query, key, value, attn_mask, p, is_casual]);
                var (result, weights) = op_attention.Call2([query, key, value, attn_mask, p, false, is_casual]);   // libtorch 1.13
                weights?.Dispose();
                return result;
            }

            public static Tensor one_hot(Tensor x, long num_classes = -1) => op_one_hot.Call([x, num_classes]);

            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
                => op_pad.Call([input, pad, mode switch { PaddingModes.Reflect => "reflect", PaddingModes.Replicate => "replicate", PaddingModes.Circular => "circular", _ => "constant" },
                    mode is PaddingModes.Constant or PaddingModes.Zeros ? value : Arg.None]);
            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => functional.pad(input, pad.ToArray(), mode, value);
            public static Tensor pad(Tensor input, long pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => functional.pad(input, new[] { pad, pad }, mode, value);
            public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => functional.pad(input, new[] { pad.Item1, pad.Item2 }, mode, value);
            public static Tensor pad(Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0)
                => functional.pad(input, new[] { pad.Item1, pad.Item2, pad.Item3, pad.Item4 }, mode, value);

            public static Tensor normalize(Tensor input, double p = 2, long dim = 1, double eps = 1E-12)
            {
                using var norm = input.norm((int)dim, true, (float)p);
                using var floor = norm.clamp_min(eps);
                return input.div(floor);
            }

            public static Tensor cosine_similarity(Tensor x1, Tensor x2, long dim = 1, double eps = 1E-08) => op_cosine_similarity.Call([x1, x2, dim, eps]);

            // ---- activations
            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_() : x.relu();
            public static Tensor silu(Tensor x, bool inplace = false) => inplace ? x.silu_() : x.silu();
            public static Tensor SiLU(Tensor x, bool inplace = false) => silu(x, inplace);
            public static Tensor gelu(Tensor x) => x.gelu();
            public static Tensor gelu(Tensor x, bool inplace) => inplace ? x.gelu_() : x.gelu();
            public static Tensor sigmoid(Tensor x) => x.sigmoid();
            public static Tensor sigmoid(Tensor x, bool inplace) => inplace ? x.sigmoid_() : x.sigmoid();
            public static Tensor tanh(Tensor x, bool inplace = false) => inplace ? x.tanh_() : x.tanh();
            public static Tensor mish(Tensor x, bool inplace = false) => inplace ? op_mish_.CallInPlace([x]) : op_mish.Call([x]);
            public static Tensor elu(Tensor x, double alpha, bool inplace = false) => inplace ? x.elu_(alpha) : x.elu(alpha);
            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) => inplace ? input.leaky_relu_(negative_slope) : input.leaky_relu(negative_slope);
            public static Tensor hardtanh(Tensor x, double min_val = -1, double max_val = 1, bool inplace = false) => inplace ? x.hardtanh_(min_val, max_val) : x.hardtanh(min_val, max_val);
            public static Tensor glu(Tensor input, long dim = -1) => input.glu(dim);
            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => x.softplus(beta, threshold);
            public static Tensor logsigmoid(Tensor x) => op_log_sigmoid.Call([x]);
            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);
            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);
            public static Tensor softmin(Tensor x, long dim)
            {
                using var n = x.neg();
                return n.softmax(dim);
            }
        }
    }
}
