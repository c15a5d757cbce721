using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>One model of a pool.</summary>
/// <param name="Name">Its name, as it will stand in the column CandidateModels.</param>
/// <param name="Client">Who answers.</param>
/// <param name="Weight">How often it is drawn, relative to the others.</param>
public sealed record Candidate(string Name, IChatClient Client, double Weight);
