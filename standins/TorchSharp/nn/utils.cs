using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static class utils
        {
            /// <summary>Scales all gradients by one factor where their common norm is above the bound. Returns the norm before.</summary>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2)
            {
                using var scope = NewDisposeScope();
                using var off = no_grad();
                var grads = tensors.Select(p => p.grad).Where(g => g is not null).ToList();
                if (grads.Count == 0) return 0;
                var norms = torch.stack(grads.Select(g => g.norm((float)norm_type).to(ScalarType.Float64)));
                double total = (double.IsPositiveInfinity(norm_type) ? norms.max() : norms.norm((float)norm_type)).ToDouble();
                double factor = max_norm / (total + 1e-6);
                if (!(factor >= 1))
                    foreach (var g in grads) g.mul_(factor);
                return total;
            }

            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                using var off = no_grad();
                foreach (var p in tensors)
                {
                    using var g = p.grad;
                    g?.clamp_((Scalar)(-clip_value), (Scalar)clip_value);
                }
            }

            public static Tensor parameters_to_vector(IEnumerable<Parameter> tensors)
            {
                using var scope = NewDisposeScope();
                return torch.cat(tensors.Select(p => p.view(-1)).ToArray()).MoveToOuterDisposeScope();
            }

            public static void vector_to_parameters(Tensor vec, IEnumerable<Parameter> tensors)
            {
                using var scope = NewDisposeScope();
                using var off = no_grad();
                long at = 0;
                foreach (var p in tensors)
                {
                    long n = p.numel();
                    _ = p.copy_(vec.narrow(0, at, n).view_as(p));
                    at += n;
                }
            }
        }
    }
}
