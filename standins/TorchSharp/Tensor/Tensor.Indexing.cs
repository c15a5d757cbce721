namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        // As in TorchSharp, fill_ returns a new object on this same tensor.
        // Picking and placing elements. One line an operator: the name of its schema, and its arguments in the schema's order.
        private static readonly Op op_argwhere = new("argwhere");
        private static readonly Op op_fill__Scalar = new("fill_.Scalar");
        private static readonly Op op_gather = new("gather");
        private static readonly Op op_index_add = new("index_add");
        private static readonly Op op_index_add_ = new("index_add_");
        private static readonly Op op_index_copy = new("index_copy");
        private static readonly Op op_index_copy_ = new("index_copy_");
        private static readonly Op op_index_fill__int_Scalar = new("index_fill_.int_Scalar");
        private static readonly Op op_index_fill_int_Scalar = new("index_fill.int_Scalar");
        private static readonly Op op_index_select = new("index_select");
        private static readonly Op op_masked_fill_Scalar = new("masked_fill.Scalar");
        private static readonly Op op_masked_fill__Scalar = new("masked_fill_.Scalar");
        private static readonly Op op_masked_scatter = new("masked_scatter");
        private static readonly Op op_masked_scatter_ = new("masked_scatter_");
        private static readonly Op op_masked_select = new("masked_select");
        private static readonly Op op_nonzero = new("nonzero");
        private static readonly Op op_scatter__src = new("scatter_.src");
        private static readonly Op op_scatter_add = new("scatter_add");
        private static readonly Op op_scatter_add_ = new("scatter_add_");
        private static readonly Op op_scatter_src = new("scatter.src");
        private static readonly Op op_take = new("take");
        private static readonly Op op_take_along_dim = new("take_along_dim");
        private static readonly Op op_zero_ = new("zero_");

        public Tensor argwhere() => op_argwhere.Call([this]);
        public Tensor fill_(Scalar value) => op_fill__Scalar.Call([this, value]);
        public Tensor gather(long dim, Tensor index) => op_gather.Call([this, dim, index]);
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) => op_index_add_.CallInPlace([this, dim, index, source, alpha]);
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => op_index_add.Call([this, dim, index, source, alpha]);
        public Tensor index_copy_(long dim, Tensor index, Tensor source) => op_index_copy_.CallInPlace([this, dim, index, source]);
        public Tensor index_copy(long dim, Tensor index, Tensor source) => op_index_copy.Call([this, dim, index, source]);
        public Tensor index_fill_(long dim, Tensor index, Scalar value) => op_index_fill__int_Scalar.CallInPlace([this, dim, index, value]);
        public Tensor index_fill(long dim, Tensor index, Scalar value) => op_index_fill_int_Scalar.Call([this, dim, index, value]);
        public Tensor index_select(long dim, Tensor index) => op_index_select.Call([this, dim, index]);
        public Tensor masked_fill_(Tensor mask, Scalar value) => op_masked_fill__Scalar.CallInPlace([this, mask, value]);
        public Tensor masked_fill(Tensor mask, Scalar value) => op_masked_fill_Scalar.Call([this, mask, value]);
        public Tensor masked_scatter_(Tensor mask, Tensor value) => op_masked_scatter_.CallInPlace([this, mask, value]);
        public Tensor masked_scatter(Tensor mask, Tensor value) => op_masked_scatter.Call([this, mask, value]);
        public Tensor masked_select(Tensor mask) => op_masked_select.Call([this, mask]);
        public Tensor nonzero() => op_nonzero.Call([this]);
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => op_scatter_add_.CallInPlace([this, dim, index, src]);
        public Tensor scatter_add(long dim, Tensor index, Tensor src) => op_scatter_add.Call([this, dim, index, src]);
        public Tensor scatter_(long dim, Tensor index, Tensor src) => op_scatter__src.CallInPlace([this, dim, index, src]);
        public Tensor scatter(long dim, Tensor index, Tensor src) => op_scatter_src.Call([this, dim, index, src]);
        public Tensor take_along_dim(Tensor indices) => op_take_along_dim.Call([this, indices]);
        public Tensor take_along_dim(Tensor indices, long dim) => op_take_along_dim.Call([this, indices, dim]);
        public Tensor take(Tensor index) => op_take.Call([this, index]);
        public Tensor zero_() => op_zero_.CallInPlace([this]);
    }
}
