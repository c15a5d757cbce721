namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        // Matrix products and decompositions. One line an operator: the name of its schema, and its arguments in the schema's order.
        private static readonly Op op_addbmm = new("addbmm");
        private static readonly Op op_addbmm_ = new("addbmm_");
        private static readonly Op op_addmm = new("addmm");
        private static readonly Op op_addmm_ = new("addmm_");
        private static readonly Op op_addmv = new("addmv");
        private static readonly Op op_addmv_ = new("addmv_");
        private static readonly Op op_addr = new("addr");
        private static readonly Op op_addr_ = new("addr_");
        private static readonly Op op_baddbmm = new("baddbmm");
        private static readonly Op op_bmm = new("bmm");
        private static readonly Op op_cholesky = new("cholesky");
        private static readonly Op op_det = new("det");
        private static readonly Op op_dot = new("dot");
        private static readonly Op op_ger = new("ger");
        private static readonly Op op_inner = new("inner");
        private static readonly Op op_inverse = new("inverse");
        private static readonly Op op_kron = new("kron");
        private static readonly Op op_logdet = new("logdet");
        private static readonly Op op_matmul = new("matmul");
        private static readonly Op op_matrix_exp = new("matrix_exp");
        private static readonly Op op_matrix_power = new("matrix_power");
        private static readonly Op op_mm = new("mm");
        private static readonly Op op_mv = new("mv");
        private static readonly Op op_outer = new("outer");
        private static readonly Op op_tensordot = new("tensordot");
        private static readonly Op op_vdot = new("vdot");

        public Tensor addbmm_(Tensor batch1, Tensor batch2, float beta = 1f, float alpha = 1f) => op_addbmm_.CallInPlace([this, batch1, batch2, beta, alpha]);
        public Tensor addbmm(Tensor batch1, Tensor batch2, float beta = 1f, float alpha = 1f) => op_addbmm.Call([this, batch1, batch2, beta, alpha]);
        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1f, float alpha = 1f) => op_addmm_.CallInPlace([this, mat1, mat2, beta, alpha]);
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1f, float alpha = 1f) => op_addmm.Call([this, mat1, mat2, beta, alpha]);
        public Tensor addmv_(Tensor mat, Tensor vec, float beta = 1f, float alpha = 1f) => op_addmv_.CallInPlace([this, mat, vec, beta, alpha]);
        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1f, float alpha = 1f) => op_addmv.Call([this, mat, vec, beta, alpha]);
        public Tensor addr_(Tensor vec1, Tensor vec2, float beta = 1f, float alpha = 1f) => op_addr_.CallInPlace([this, vec1, vec2, beta, alpha]);
        public Tensor addr(Tensor vec1, Tensor vec2, float beta = 1f, float alpha = 1f) => op_addr.Call([this, vec1, vec2, beta, alpha]);
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1f, float alpha = 1f) => op_baddbmm.Call([this, batch1, batch2, beta, alpha]);
        public Tensor bmm(Tensor batch2) => op_bmm.Call([this, batch2]);
        public Tensor cholesky(bool upper = false) => op_cholesky.Call([this, upper]);
        public Tensor det() => op_det.Call([this]);
        public Tensor dot(Tensor target) => op_dot.Call([this, target]);
        public Tensor ger(Tensor vec2) => op_ger.Call([this, vec2]);
        public Tensor inner(Tensor vec2) => op_inner.Call([this, vec2]);
        public Tensor inverse() => op_inverse.Call([this]);
        public Tensor kron(Tensor other) => op_kron.Call([this, other]);
        public Tensor logdet() => op_logdet.Call([this]);
        public Tensor matmul(Tensor target) => op_matmul.Call([this, target]);
        public Tensor matrix_exp() => op_matrix_exp.Call([this]);
        public Tensor matrix_power(int n) => op_matrix_power.Call([this, n]);
        public Tensor mm(Tensor target) => op_mm.Call([this, target]);
        public Tensor mv(Tensor target) => op_mv.Call([this, target]);
        public Tensor outer(Tensor vec2) => op_outer.Call([this, vec2]);
        public Tensor tensordot(Tensor b, long[] dims1, long[] dims2) => op_tensordot.Call([this, b, dims1, dims2]);
        public Tensor vdot(Tensor target) => op_vdot.Call([this, target]);
    }
}
