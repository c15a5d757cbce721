namespace ZephyrML.Transforms.Rows;

/// <summary>A row to compute.</summary>
/// <param name="Number">A number that stays with the row through shuffles and filters: what random choices derive from.</param>
/// <param name="Input">What the computation reads.</param>
internal readonly record struct StageRow<TIn>(long Number, TIn Input);
