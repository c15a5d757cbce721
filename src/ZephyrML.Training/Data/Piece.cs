namespace ZephyrML.Training;

/// <summary>A stretch of a source row.</summary>
/// <param name="Row">The row, by its place among all.</param>
/// <param name="Start">Its first token.</param>
/// <param name="Length">Its number of tokens.</param>
internal readonly record struct Piece(int Row, int Start, int Length);
