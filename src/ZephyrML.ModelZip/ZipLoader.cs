using Microsoft.ML;

namespace ZephyrML.ModelZip;

/// <summary>Makes a transformer from its part of a model zip. It must read <see cref="ZipPart.Header"/> exactly as the saving side wrote it.</summary>
/// <param name="part">The part of the zip that the transformer wrote.</param>
/// <returns>The transformer.</returns>
public delegate ITransformer ZipLoader(ZipPart part);
