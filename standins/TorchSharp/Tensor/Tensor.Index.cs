using System.Runtime.CompilerServices;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params long[] indices]
        {
            get => Select(indices);
            set => Put(Select(indices), value);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1] { get => Select([i1]); set => Put(Select([i1]), value); }
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2] { get => Select([i1, i2]); set => Put(Select([i1, i2]), value); }
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3] { get => Select([i1, i2, i3]); set => Put(Select([i1, i2, i3]), value); }
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4] { get => Select([i1, i2, i3, i4]); set => Put(Select([i1, i2, i3, i4]), value); }
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5] { get => Select([i1, i2, i3, i4, i5]); set => Put(Select([i1, i2, i3, i4, i5]), value); }
        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5, long i6] { get => Select([i1, i2, i3, i4, i5, i6]); set => Put(Select([i1, i2, i3, i4, i5, i6]), value); }

        public Tensor index(params TensorIndex[] indices)
        {
            var (view, tensors) = View(indices);
            if (tensors is null) return view;
            using (view) return op_index.Call([view, tensors]);
        }

        public Tensor index(params Tensor[] indices) => op_index.Call([this, indices]);

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using var v = MakeScalar(value, dtype, device, false);
            return index_put_(v, indices, false);
        }

        public Tensor index_put_(Scalar value, params Tensor[] indices)
        {
            using var v = MakeScalar(value, dtype, device, false);
            return index_put_(v, indices, false);
        }

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) => op_index_put_.CallInPlace([this, indices, value, accumulate]);

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            var (view, tensors) = View(indices);
            using (view)
            {
                if (tensors is not null) op_index_put_.CallInPlace([view, tensors, value, accumulate]);
                else if (accumulate) view.add_(value);
                else Put(view, value, dispose: false);
            }
            return this;
        }

        public Tensor slice(long dim, long start, long finish, long step) => op_slice.Call([this, dim, start, finish, step]);

        private Tensor Select(ReadOnlySpan<long> indices)
        {
            var view = this;
            foreach (var i in indices)
            {
                var next = view.select(0, i);
                if (!ReferenceEquals(view, this)) view.Dispose();
                view = next;
            }
            return view;
        }

        private static void Put(Tensor view, Tensor value, bool dispose = true)
        {
            view.copy_(value).Dispose();
            if (dispose) view.Dispose();
        }

        /// <summary>Numbers, slices, None and the ellipsis as a view; tensors, at their dimensions of that view, in a list of their own.</summary>
        private (Tensor View, Tensor[] Tensors) View(TensorIndex[] indices)
        {
            long consumed = 0;
            foreach (var i in indices)
                consumed += i.Form switch
                {
                    TensorIndex.Shape.None or TensorIndex.Shape.Ellipsis or TensorIndex.Shape.Bool => 0,
                    TensorIndex.Shape.Tensor => i.Value.dtype is ScalarType.Bool ? i.Value.ndim : 1,
                    _ => 1,
                };
            var view = alias();
            void Next(Tensor t) { view.Dispose(); view = t; }
            long dim = 0;
            List<Tensor> tensors = null;
            foreach (var i in indices)
            {
                switch (i.Form)
                {
                    case TensorIndex.Shape.None: Next(view.unsqueeze(dim++)); break;
                    case TensorIndex.Shape.Ellipsis: dim += Math.Max(0, ndim - consumed); break;
                    case TensorIndex.Shape.Null: case TensorIndex.Shape.Colon: dim++; break;
                    case TensorIndex.Shape.Slice: Next(op_slice.Call([view, dim++, i.Start, i.Stop, i.Step ?? 1L])); break;
                    case TensorIndex.Shape.Single: Next(view.select(dim, i.Start.Value)); break;
                    case TensorIndex.Shape.Bool:
                        Next(view.unsqueeze(dim));
                        Place(ref tensors, dim++, torch.tensor(new[] { i.Start != 0 }, device: device));
                        break;
                    case TensorIndex.Shape.Tensor:
                        Place(ref tensors, dim, i.Value);
                        dim += i.Value.dtype is ScalarType.Bool ? i.Value.ndim : 1;
                        break;
                }
            }
            return (view, tensors?.ToArray());

            static void Place(ref List<Tensor> list, long at, Tensor t)
            {
                list ??= [];
                // A mask of k dimensions stands for k indices, so it fills one entry but moves the next k on.
                int entry = 0;
                long covered = 0;
                for (; entry < list.Count; entry++) covered += list[entry] is { } s && s.dtype is ScalarType.Bool ? s.ndim : 1;
                for (; covered < at; covered++) list.Add(null);
                list.Add(t);
            }
        }

        private static readonly Op op_index = new("index.Tensor");
        private static readonly Op op_index_put_ = new("index_put_");
        private static readonly Op op_slice = new("slice.Tensor");
    }
}
