namespace ZephyrML.Teacher;

/// <summary>How a replica is.</summary>
/// <param name="Name">Its name: as given, else its place, from 0.</param>
/// <param name="IsIn">Whether calls go there.</param>
/// <param name="UnderWay">Calls that it is working on.</param>
/// <param name="Answered">Calls that it has answered.</param>
/// <param name="Failed">Calls that it has failed.</param>
/// <param name="LastFailure">Why it was last taken out; null: it never was.</param>
public sealed record ReplicaStatus(string Name, bool IsIn, int UnderWay, long Answered, long Failed, string? LastFailure);
