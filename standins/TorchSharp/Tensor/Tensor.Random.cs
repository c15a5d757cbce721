namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        // Random fills. One line an operator: the name of its schema, and its arguments in the schema's order.
        private static readonly Op op_bernoulli = new("bernoulli");
        private static readonly Op op_bernoulli__Tensor = new("bernoulli_.Tensor");
        private static readonly Op op_bernoulli__float = new("bernoulli_.float");
        private static readonly Op op_binomial = new("binomial");
        private static readonly Op op_exponential_ = new("exponential_");
        private static readonly Op op_geometric_ = new("geometric_");
        private static readonly Op op_log_normal_ = new("log_normal_");
        private static readonly Op op_multinomial = new("multinomial");
        private static readonly Op op_normal_ = new("normal_");
        private static readonly Op op_poisson = new("poisson");
        private static readonly Op op_uniform_ = new("uniform_");

        public Tensor bernoulli_(double p = 0.5, Generator generator = null) => op_bernoulli__float.CallInPlace([this, p, generator]);
        public Tensor bernoulli_(Tensor p, Generator generator = null) => op_bernoulli__Tensor.CallInPlace([this, p, generator]);
        public Tensor bernoulli(Generator generator = null) => op_bernoulli.Call([this, generator]);
        public Tensor binomial(Tensor prob, Generator generator = null) => op_binomial.Call([this, prob, generator]);
        public Tensor exponential_(double lambda = 1, Generator generator = null) => op_exponential_.CallInPlace([this, lambda, generator]);
        public Tensor geometric_(double p, Generator generator = null) => op_geometric_.CallInPlace([this, p, generator]);
        public Tensor log_normal_(double mean = 0, double std = 1, Generator generator = null) => op_log_normal_.CallInPlace([this, mean, std, generator]);
        public Tensor multinomial(long num_samples, bool replacement = false, Generator generator = null) => op_multinomial.Call([this, num_samples, replacement, generator]);
        public Tensor normal_(double mean = 0, double std = 1, Generator generator = null) => op_normal_.CallInPlace([this, mean, std, generator]);
        public Tensor poisson(Generator generator = null) => op_poisson.Call([this, generator]);
        public Tensor uniform_(double from, double to, Generator generator = null) => op_uniform_.CallInPlace([this, from, to, generator]);
    }
}
