namespace ZephyrML.Teacher;

/// <summary>Which answers of a row make its preference pair.</summary>
/// <param name="ChosenIndex">The better one's place in the list of scores.</param>
/// <param name="RejectedIndex">The worse one's.</param>
public readonly record struct SelectedPair(int ChosenIndex, int RejectedIndex);
