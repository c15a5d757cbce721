using Microsoft.ML;

namespace ZephyrML;

/// <summary>The door to ZephyrML, as <c>ml.Auto()</c> is AutoML's.</summary>
public static class ZephyrExtensions
{
    /// <summary>The stages of the Zephyr recipe as ML.NET estimators, and what belongs to them.</summary>
    /// <param name="ml">The context. Its seed determines every random choice: the catalog draws once from it.</param>
    /// <param name="configure">Sets cancellation, progress and concurrency for the stages; null: defaults.</param>
    /// <returns>The catalog.</returns>
    public static ZephyrCatalog Zephyr(this MLContext ml, Action<ZephyrCatalogOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(ml);
        var options = new ZephyrCatalogOptions();
        configure?.Invoke(options);
        options.Validate();
        return new ZephyrCatalog(ml, options);
    }
}
