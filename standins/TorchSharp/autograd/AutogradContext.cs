namespace TorchSharp;

public static partial class torch
{
    public static partial class autograd
    {
        /// <summary>What a custom function's forward keeps for its backward.</summary>
        public class AutogradContext : IDisposable
        {
            private readonly Dictionary<string, object> _data = [];

            internal AutogradContext() { }

            internal List<Tensor> ToSave = [], Dirty = [], NonDifferentiable = [];

            /// <summary>What was saved; present while backward runs.</summary>
            internal List<Tensor> Saved;

            public bool MaterializeGrads { get; private set; } = true;

            public void set_materialize_grads(bool value) => MaterializeGrads = value;

            public void save_for_backward(List<Tensor> tensors) => ToSave = tensors;

            public List<Tensor> get_saved_variables() => Saved ?? throw new InvalidOperationException("Saved tensors are there in backward only.");

            public void save_data(string key, object value) => _data[key] = value;

            public object get_data(string key) => _data[key];

            public void mark_dirty(List<Tensor> tensors) => Dirty = tensors;

            public void mark_non_differentiable(List<Tensor> tensors) => NonDifferentiable = tensors;

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing) => Saved = null;
        }
    }
}
