using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(TransformerChain<ITransformer>), typeof(TransformerChain), null, typeof(SignatureLoadModel),
    "Transformer chain", TransformerChain.LoaderSignature)]

namespace Microsoft.ML.Data;

internal static class TransformerChain
{
    public const string LoaderSignature = "TransformerChain";

    private static TransformerChain<ITransformer> Create(IHostEnvironment env, ModelLoadContext ctx) => new(env, ctx);
}
