using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>A function with a backward of its own. The arguments that are tensors take part in the graph; others are passed along.</summary>
        public abstract class Function<T> where T : Function<T>, new()
        {
            private static readonly T s_instance = new();

            public abstract string Name { get; }

            internal abstract List<Tensor> Forward(AutogradContext ctx, object[] vars);

            internal abstract List<Tensor> Backward(AutogradContext ctx, List<Tensor> grads);

            public static unsafe List<Tensor> apply_internal(params object[] vars)
            {
                var ctx = new AutogradContext();
                List<Tensor> outputs;
                using (no_grad()) outputs = s_instance.Forward(ctx, vars);
                var isTensor = Array.ConvertAll(vars, v => v is Tensor t && !t.IsInvalid);
                var inputs = vars.OfType<Tensor>().Where(t => !t.IsInvalid).ToList();
                var call = new FunctionCall(s_instance.Name, isTensor, ctx, s_instance.Backward);
                var (i, o, s) = (Handles(inputs), Handles(outputs), Handles(ctx.ToSave));
                var (n, d) = (Handles(ctx.NonDifferentiable), Handles(ctx.Dirty));
                var tied = new nint[o.Length];
                var held = GCHandle.Alloc(call);
                int rc;
                fixed (byte* name = Encoding.UTF8.GetBytes(s_instance.Name + "\0"))
                fixed (nint* pi = i, po = o, ps = s, pn = n, pd = d, pt = tied)
                    rc = Native.at_custom_fn(name, pi, i.Length, po, o.Length, ps, s.Length, pn, n.Length, pd, d.Length, ctx.MaterializeGrads ? 1 : 0,
                        &FunctionCall.Run, &FunctionCall.Release, GCHandle.ToIntPtr(held), pt);
                if (rc != 1) held.Free();
                GC.KeepAlive(vars);
                GC.KeepAlive(outputs);
                ctx.ToSave = ctx.Dirty = ctx.NonDifferentiable = null;
                Native.Check(rc);
                return rc == 0 ? outputs : tied.Select(h => new Tensor(h)).ToList();
            }
        }

        public abstract class SingleTensorFunction<T> : Function<T> where T : SingleTensorFunction<T>, new()
        {
            public static Tensor apply(params object[] vars) => apply_internal(vars)[0];

            public abstract Tensor forward(AutogradContext ctx, params object[] vars);

            public abstract List<Tensor> backward(AutogradContext ctx, Tensor grad_output);

            internal sealed override List<Tensor> Forward(AutogradContext ctx, object[] vars) => [forward(ctx, vars)];

            internal sealed override List<Tensor> Backward(AutogradContext ctx, List<Tensor> grads) => backward(ctx, grads[0]);
        }

        public abstract class MultiTensorFunction<T> : Function<T> where T : MultiTensorFunction<T>, new()
        {
            public static List<Tensor> apply(params object[] vars) => apply_internal(vars);

            public abstract List<Tensor> forward(AutogradContext ctx, params object[] vars);

            public abstract List<Tensor> backward(AutogradContext ctx, List<Tensor> grad_outputs);

            internal sealed override List<Tensor> Forward(AutogradContext ctx, object[] vars) => forward(ctx, vars);

            internal sealed override List<Tensor> Backward(AutogradContext ctx, List<Tensor> grads) => backward(ctx, grads);
        }
    }
}
