namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        // Activations and normalising functions. One line an operator: the name of its schema, and its arguments in the schema's order.
        private static readonly Op op_celu = new("celu");
        private static readonly Op op_celu_ = new("celu_");
        private static readonly Op op_elu = new("elu");
        private static readonly Op op_elu_ = new("elu_");
        private static readonly Op op_gelu = new("gelu");
        private static readonly Op op_gelu_ = new("gelu_");
        private static readonly Op op_glu = new("glu");
        private static readonly Op op_hardsigmoid = new("hardsigmoid");
        private static readonly Op op_hardsigmoid_ = new("hardsigmoid_");
        private static readonly Op op_hardswish = new("hardswish");
        private static readonly Op op_hardswish_ = new("hardswish_");
        private static readonly Op op_hardtanh = new("hardtanh");
        private static readonly Op op_hardtanh_ = new("hardtanh_");
        private static readonly Op op_leaky_relu = new("leaky_relu");
        private static readonly Op op_leaky_relu_ = new("leaky_relu_");
        private static readonly Op op_log_sigmoid = new("log_sigmoid");
        private static readonly Op op_log_softmax_int = new("log_softmax.int");
        private static readonly Op op_prelu = new("prelu");
        private static readonly Op op_relu = new("relu");
        private static readonly Op op_relu6 = new("relu6");
        private static readonly Op op_relu6_ = new("relu6_");
        private static readonly Op op_relu_ = new("relu_");
        private static readonly Op op_selu = new("selu");
        private static readonly Op op_selu_ = new("selu_");
        private static readonly Op op_sigmoid = new("sigmoid");
        private static readonly Op op_sigmoid_ = new("sigmoid_");
        private static readonly Op op_silu = new("silu");
        private static readonly Op op_silu_ = new("silu_");
        private static readonly Op op_softmax_int = new("softmax.int");
        private static readonly Op op_softplus = new("softplus");
        private static readonly Op op_tanh = new("tanh");
        private static readonly Op op_tanh_ = new("tanh_");
        private static readonly Op op_threshold = new("threshold");
        private static readonly Op op_threshold_ = new("threshold_");

        public Tensor celu_() => op_celu_.CallInPlace([this]);
        public Tensor celu_(Scalar alpha) => op_celu_.CallInPlace([this, alpha]);
        public Tensor celu() => op_celu.Call([this]);
        public Tensor celu(Scalar alpha) => op_celu.Call([this, alpha]);
        public Tensor elu_(Scalar alpha, Scalar scale, Scalar input_scale) => op_elu_.CallInPlace([this, alpha, scale, input_scale]);
        public Tensor elu_(double alpha = 1) => op_elu_.CallInPlace([this, alpha]);
        public Tensor elu(Scalar alpha, Scalar scale, Scalar input_scale) => op_elu.Call([this, alpha, scale, input_scale]);
        public Tensor elu(double alpha = 1) => op_elu.Call([this, alpha]);
        public Tensor gelu_() => op_gelu_.CallInPlace([this]);
        public Tensor gelu() => op_gelu.Call([this]);
        public Tensor glu(long dim = -1) => op_glu.Call([this, dim]);
        public Tensor hardsigmoid_() => op_hardsigmoid_.CallInPlace([this]);
        public Tensor hardsigmoid() => op_hardsigmoid.Call([this]);
        public Tensor hardswish_() => op_hardswish_.CallInPlace([this]);
        public Tensor hardswish() => op_hardswish.Call([this]);
        public Tensor hardtanh_(Scalar min, Scalar max) => op_hardtanh_.CallInPlace([this, min, max]);
        public Tensor hardtanh(Scalar min, Scalar max) => op_hardtanh.Call([this, min, max]);
        public Tensor leaky_relu_(Scalar negative_slope) => op_leaky_relu_.CallInPlace([this, negative_slope]);
        public Tensor leaky_relu(Scalar negative_slope) => op_leaky_relu.Call([this, negative_slope]);
        public Tensor log_sigmoid() => op_log_sigmoid.Call([this]);
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => op_log_softmax_int.Call([this, dim, dtype]);
        public Tensor prelu(Tensor target) => op_prelu.Call([this, target]);
        public Tensor relu6_() => op_relu6_.CallInPlace([this]);
        public Tensor relu6() => op_relu6.Call([this]);
        public Tensor relu_() => op_relu_.CallInPlace([this]);
        public Tensor relu() => op_relu.Call([this]);
        public Tensor selu_() => op_selu_.CallInPlace([this]);
        public Tensor selu() => op_selu.Call([this]);
        public Tensor sigmoid_() => op_sigmoid_.CallInPlace([this]);
        public Tensor sigmoid() => op_sigmoid.Call([this]);
        public Tensor silu_() => op_silu_.CallInPlace([this]);
        public Tensor silu() => op_silu.Call([this]);
        public Tensor softmax(long dim, ScalarType? dtype = null) => op_softmax_int.Call([this, dim, dtype]);
        public Tensor softplus(double beta = 1, double threshold = 20) => op_softplus.Call([this, beta, threshold]);
        public Tensor tanh_() => op_tanh_.CallInPlace([this]);
        public Tensor tanh() => op_tanh.Call([this]);
        public Tensor threshold_(Scalar threshold, Scalar value) => op_threshold_.CallInPlace([this, threshold, value]);
        public Tensor threshold(Scalar threshold, Scalar value) => op_threshold.Call([this, threshold, value]);
    }
}
