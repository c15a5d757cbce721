using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

public static class TransformExtensionsCatalog
{
    public static ColumnCopyingEstimator CopyColumns(this TransformsCatalog catalog, string outputColumnName, string inputColumnName)
        => new(Env(catalog), outputColumnName, inputColumnName);

    public static ColumnSelectingEstimator DropColumns(this TransformsCatalog catalog, params string[] columnNames)
        => new(Env(catalog), null, columnNames);

    public static ColumnSelectingEstimator SelectColumns(this TransformsCatalog catalog, string[] columnNames, bool keepHidden)
        => new(Env(catalog), columnNames, null, keepHidden);

    public static ColumnSelectingEstimator SelectColumns(this TransformsCatalog catalog, params string[] columnNames)
        => new(Env(catalog), columnNames, null);

    private static IHostEnvironment Env(IInternalCatalog catalog)
    {
        Contracts.CheckValue(catalog, nameof(catalog));
        return catalog.Environment;
    }
}
