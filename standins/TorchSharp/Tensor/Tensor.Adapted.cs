namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        // Where TorchSharp's arguments are not those of the schema.
        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => op_div_Tensor.Call([this, target, Rounding(rounding_mode)]);
        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => op_div__Tensor.CallInPlace([this, target, Rounding(rounding_mode)]);
        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);
        public Tensor divide_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);
        private static readonly Op op_div_Tensor = new("div.Tensor_mode");
        private static readonly Op op_div__Tensor = new("div_.Tensor_mode");
        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => op_div_Scalar.Call([this, target, Rounding(rounding_mode)]);
        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => op_div__Scalar.CallInPlace([this, target, Rounding(rounding_mode)]);
        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);
        public Tensor divide_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);
        private static readonly Op op_div_Scalar = new("div.Scalar_mode");
        private static readonly Op op_div__Scalar = new("div_.Scalar_mode");
        private static string Rounding(RoundingMode mode) => mode is RoundingMode.None ? null : mode.ToString();

        public Tensor round(long decimals = 0) => decimals == 0 ? op_round.Call([this]) : op_round_decimals.Call([this, decimals]);
        public Tensor round_(long decimals = 0) => decimals == 0 ? op_round_.CallInPlace([this]) : op_round__decimals.CallInPlace([this, decimals]);
        private static readonly Op op_round = new("round"), op_round_decimals = new("round.decimals"), op_round_ = new("round_"), op_round__decimals = new("round_.decimals");

        public Tensor squeeze(long? dim = null) => dim is long d ? op_squeeze_dim.Call([this, d]) : op_squeeze.Call([this]);
        public Tensor squeeze_(long? dim = null) => dim is long d ? op_squeeze__dim.CallInPlace([this, d]) : op_squeeze_.CallInPlace([this]);
        private static readonly Op op_squeeze = new("squeeze"), op_squeeze_dim = new("squeeze.dim"), op_squeeze_ = new("squeeze_"), op_squeeze__dim = new("squeeze_.dim");

        public Tensor permute(IEnumerable<long> permutation) => permute(permutation.ToArray());

        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0) => op_as_strided.Call([this, size, strides, storageOffset]);
        private static readonly Op op_as_strided = new("as_strided");

        public Tensor[] chunk(long chunks, long dim = 0) => op_chunk.CallList([this, chunks, dim]);
        public Tensor[] unbind(long dimension = 0) => op_unbind.CallList([this, dimension]);
        public Tensor[] split(long size, int dim = 0) => op_split.CallList([this, size, dim]);
        public Tensor[] split(long[] sizes, long dim = 0) => op_split_sizes.CallList([this, sizes, dim]);
        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => split(sizes.ToArray(), dim);
        public Tensor[] split(params long[] sizes) => op_split_sizes.CallList([this, sizes, 0L]);
        public Tensor[] tensor_split(long size, long dim = 0) => op_tensor_split.CallList([this, size, dim]);
        public Tensor[] tensor_split(long[] sizes, long dim = 0) => op_tensor_split_indices.CallList([this, sizes, dim]);
        private static readonly Op op_chunk = new("chunk"), op_unbind = new("unbind.int"), op_split = new("split.Tensor"), op_split_sizes = new("split_with_sizes");
        private static readonly Op op_tensor_split = new("tensor_split.sections"), op_tensor_split_indices = new("tensor_split.indices");

        public Tensor roll(long shifts, long? dims = null) => op_roll.Call([this, new[] { shifts }, dims is long d ? new[] { d } : Array.Empty<long>()]);
        public Tensor roll((long, long) shifts, (long, long) dims) => roll((long[])[shifts.Item1, shifts.Item2], (long[])[dims.Item1, dims.Item2]);
        public Tensor rot90(long k = 1, (long, long)? dims = null) => op_rot90.Call([this, k, new[] { dims?.Item1 ?? 0, dims?.Item2 ?? 1 }]);
        private static readonly Op op_rot90 = new("rot90");

        public Tensor slice_scatter(Tensor src, long dim = 0, long? start = null, long? end = null, long step = 1) => op_slice_scatter.Call([this, src, dim, start, end, step]);
        private static readonly Op op_slice_scatter = new("slice_scatter");

        public Tensor where(Tensor condition, Tensor y) => op_where.Call([condition, this, y]);
        private static readonly Op op_where = new("where.self");

        public Tensor equal(Tensor target) => eq(target);
        public bool allclose(Tensor target, double rtol = 1E-05, double atol = 1E-08, bool equal_nan = false) => op_allclose.CallBool([this, target, rtol, atol, equal_nan]);
        private static readonly Op op_allclose = new("allclose");

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum((long[])[dim], keepdim, type);
        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => sum((long[])[dim0, dim1], keepdim, type);
        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) => sum((long[])[dim0, dim1, dim2], keepdim, type);

        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor @out = null) => amax(dims.ToArray(), keepdim, @out);
        public Tensor amax(long[] dims, bool keepdim = false, Tensor @out = null) => @out is null ? op_amax.Call([this, dims, keepdim]) : Into(op_amax_out.Call([this, dims, keepdim, @out]), @out);
        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor @out = null) => amin(dims.ToArray(), keepdim, @out);
        public Tensor amin(long[] dims, bool keepdim = false, Tensor @out = null) => @out is null ? op_amin.Call([this, dims, keepdim]) : Into(op_amin_out.Call([this, dims, keepdim, @out]), @out);
        private static readonly Op op_amax_out = new("amax.out"), op_amin_out = new("amin.out");
        private static Tensor Into(Tensor result, Tensor target) { result.Dispose(); return target; }

        public Tensor logsumexp(long dim, bool keepdim = false) => op_logsumexp.Call([this, new[] { dim }, keepdim]);
        public Tensor norm(int dim, bool keepdim = false, float p = 2f) => op_norm_dim.Call([this, p, new[] { (long)dim }, keepdim]);
        public Tensor nanmean(int? dim = null, bool keepdim = false, ScalarType? dtype = null) => op_nanmean.Call([this, dim is int d ? new[] { (long)d } : Arg.None, keepdim, dtype]);
        private static readonly Op op_logsumexp = new("logsumexp"), op_norm_dim = new("norm.ScalarOpt_dim"), op_nanmean = new("nanmean");

        public (Tensor, Tensor) sort(long dim = -1, bool descending = false, bool stable = false) => op_sort.Call2([this, stable, dim, descending]);
        private static readonly Op op_sort = new("sort.stable");

        public (Tensor, Tensor) kthvalue(long k, long? dim, bool keepdim = false) => op_kthvalue.Call2([this, k, dim ?? -1L, keepdim]);
        private static readonly Op op_kthvalue = new("kthvalue");

        public (Tensor, Tensor, Tensor) unique(bool sorted = true, bool return_inverse = false, bool return_counts = false, int? dim = null)
            => dim is int d ? op_unique_dim.Call3([this, (long)d, sorted, return_inverse, return_counts]) : op_unique.Call3([this, sorted, return_inverse, return_counts]);
        private static readonly Op op_unique = new("_unique2"), op_unique_dim = new("unique_dim");

        public Tensor bincount(Tensor weights, long minlength = 0) => op_bincount.Call([this, weights, minlength]);
        private static readonly Op op_bincount = new("bincount");

        public Tensor random_(double from, double to, Generator generator = null) => op_random_.CallInPlace([this, (long)from, (long)to, generator]);
        private static readonly Op op_random_ = new("random_.from");

        public IList<Tensor> nonzero_as_list() => op_nonzero_numpy.CallList([this]);
        private static readonly Op op_nonzero_numpy = new("nonzero_numpy");
    }
}
