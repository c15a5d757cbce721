namespace ZephyrML.Teacher;

/// <summary>One order of two answers, and what the judge said.</summary>
/// <param name="Swapped">Whether the second answer was shown in the first place.</param>
/// <param name="Verdict">The verdict, told of the answers (not of the places).</param>
/// <param name="Reply">The judge's last reply, as it came.</param>
public sealed record PairwiseCall(bool Swapped, PairwiseVerdict Verdict, string Reply);
