using Microsoft.ML.Runtime;

namespace Microsoft.ML;

internal interface IInternalCatalog
{
    IHostEnvironment Environment { get; }
}
