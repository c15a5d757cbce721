namespace TorchSharp;

public static partial class torch
{
    // Functions of several tensors.
    private static readonly Op op_cat = new("cat"), op_stack = new("stack"), op_hstack = new("hstack"), op_vstack = new("vstack"), op_column_stack = new("column_stack"), op_dstack = new("dstack");
    private static readonly Op op_einsum = new("einsum"), op_meshgrid = new("meshgrid.indexing"), op_block_diag = new("block_diag"), op_cartesian_prod = new("cartesian_prod");
    private static readonly Op op_broadcast_tensors = new("broadcast_tensors"), op_where_self = new("where.self"), op_where = new("where"), op_cdist = new("cdist"), op_searchsorted = new("searchsorted.Tensor"), op_result_type = new("result_type.Tensor");

    public static Tensor cat(Tensor[] tensors, long dim = 0) => op_cat.Call([tensors, dim]);
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => op_cat.Call([tensors.ToArray(), dim]);
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => op_cat.Call([tensors.ToArray(), dim]);
    public static Tensor concat(Tensor[] tensors, long dim = 0) => cat(tensors, dim);
    public static Tensor concat(IList<Tensor> tensors, long dim = 0) => cat(tensors, dim);
    public static Tensor concat(ReadOnlySpan<Tensor> tensors, long dim = 0) => cat(tensors, dim);
    public static Tensor concatenate(Tensor[] tensors, long axis = 0) => cat(tensors, axis);
    public static Tensor concatenate(IList<Tensor> tensors, long axis = 0) => cat(tensors, axis);
    public static Tensor concatenate(ReadOnlySpan<Tensor> tensors, long axis = 0) => cat(tensors, axis);
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => op_stack.Call([tensors.ToArray(), dim]);
    public static Tensor hstack(IList<Tensor> tensors) => op_hstack.Call([tensors.ToArray()]);
    public static Tensor hstack(params Tensor[] tensors) => op_hstack.Call([tensors]);
    public static Tensor vstack(IList<Tensor> tensors) => op_vstack.Call([tensors.ToArray()]);
    public static Tensor vstack(Tensor[] tensors) => op_vstack.Call([tensors]);
    public static Tensor dstack(params Tensor[] tensors) => op_dstack.Call([tensors]);
    public static Tensor column_stack(params Tensor[] tensors) => op_column_stack.Call([tensors]);
    public static Tensor block_diag(params Tensor[] tensors) => op_block_diag.Call([tensors]);
    public static Tensor cartesian_prod(params Tensor[] tensors) => op_cartesian_prod.Call([tensors]);
    public static Tensor einsum(string equation, params Tensor[] tensors) => op_einsum.Call([equation, tensors]);
    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij") => op_meshgrid.CallList([tensors.ToArray(), indexing]);
    public static IList<Tensor> broadcast_tensors(params Tensor[] tensors) => op_broadcast_tensors.CallList([tensors]);

    public static Tensor where(Tensor condition, Tensor x, Tensor y) => op_where_self.Call([condition, x, y]);
    public static Tensor[] where(Tensor condition) => op_where.CallList([condition]);

    public static Tensor searchsorted(Tensor sorted_sequence, Tensor values, bool out_int32 = false, bool right = false, Tensor sorter = null)
        => op_searchsorted.Call([sorted_sequence, values, out_int32, right, Arg.None, sorter]);

    public static ScalarType result_type(Tensor tensor1, Tensor tensor2) => (ScalarType)op_result_type.CallInt([tensor1, tensor2]);

    public static Tensor softmax(Tensor input, int dim, ScalarType? dtype = null) => input.softmax(dim, dtype);
    public static Tensor norm(Tensor input) => input.norm();
    public static Tensor norm(Tensor input, float p = 2f) => input.norm(p);
    public static Tensor norm(Tensor input, int dimension, bool keepdim = false, float p = 2f) => input.norm(dimension, keepdim, p);
    public static Tensor[] split(Tensor tensor, long[] split_size_or_sections, long dim = 0) => tensor.split(split_size_or_sections, dim);
    public static Tensor multiply_(Tensor left, Tensor right) => left.mul_(right);
    public static Tensor multiply_(Tensor left, Scalar right) => left.mul_(right);
    public static Tensor negative_(Tensor input) => input.neg_();
    public static Tensor divide_(Tensor left, Scalar right) => left.div_(right);
    public static Tensor movedim(Tensor input, long source, long destination) => input.movedim([source], [destination]);
    public static Tensor moveaxis(Tensor input, long source, long destination) => input.movedim([source], [destination]);
    public static bool is_tensor(object obj) => obj is Tensor;
}
