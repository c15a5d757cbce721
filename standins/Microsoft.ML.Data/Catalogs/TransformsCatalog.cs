using Microsoft.ML.Runtime;

namespace Microsoft.ML;

public sealed class TransformsCatalog : IInternalCatalog
{
    private readonly IHostEnvironment _env;

    internal TransformsCatalog(IHostEnvironment env) => _env = env;

    IHostEnvironment IInternalCatalog.Environment => _env;
}
