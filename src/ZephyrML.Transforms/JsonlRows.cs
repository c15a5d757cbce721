namespace ZephyrML;

/// <summary>What <c>z.SaveJsonl</c> did.</summary>
/// <param name="Saved">Rows in the file.</param>
/// <param name="Skipped">Rows that lack what the shape needs: a pair, an answer, a dialogue.</param>
public readonly record struct JsonlRows(long Saved, long Skipped);
