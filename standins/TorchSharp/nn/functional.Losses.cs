namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op op_cross_entropy = new("cross_entropy_loss"), op_nll = new("nll_loss_nd"), op_mse = new("mse_loss"), op_l1 = new("l1_loss"), op_smooth_l1 = new("smooth_l1_loss");
            private static readonly Op op_huber = new("huber_loss"), op_kl = new("kl_div"), op_bce = new("binary_cross_entropy"), op_bce_logits = new("binary_cross_entropy_with_logits"), op_ranking = new("margin_ranking_loss");

            public static Tensor cross_entropy(Tensor input, Tensor target, Tensor weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean, double label_smoothing = 0)
                => op_cross_entropy.Call([input, target, weight, (long)reduction, ignore_index, label_smoothing]);

            public static Tensor nll_loss(Tensor input, Tensor target, Tensor weight = null, Reduction reduction = Reduction.Mean)
                => op_nll.Call([input, target, weight, (long)reduction]);

            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => op_mse.Call([input, target, (long)reduction]);

            public static Tensor l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) => op_l1.Call([input, target, (long)reduction]);

            public static Tensor smooth_l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean, double beta = 1) => op_smooth_l1.Call([input, target, (long)reduction, beta]);

            public static Tensor huber_loss(Tensor input, Tensor target, double delta = 1, Reduction reduction = Reduction.Mean) => op_huber.Call([input, target, (long)reduction, delta]);

            public static Tensor kl_div(Tensor input, Tensor target, bool log_target = true, Reduction reduction = Reduction.Mean) => op_kl.Call([input, target, (long)reduction, log_target]);

            public static Tensor binary_cross_entropy(Tensor input, Tensor target, Tensor weight = null, Reduction reduction = Reduction.Mean) => op_bce.Call([input, target, weight, (long)reduction]);

            public static Tensor binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor weight = null, Reduction reduction = Reduction.Mean, Tensor pos_weights = null)
                => op_bce_logits.Call([input, target, weight, pos_weights, (long)reduction]);

            public static Tensor margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, double margin = 0, Reduction reduction = Reduction.Mean)
                => op_ranking.Call([input1, input2, target, margin, (long)reduction]);
        }
    }
}
