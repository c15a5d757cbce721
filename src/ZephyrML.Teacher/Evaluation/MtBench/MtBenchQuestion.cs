namespace ZephyrML.Teacher;

/// <summary>A question of MT-Bench.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Category">writing, roleplay, reasoning, math, coding, extraction, stem or humanities.</param>
/// <param name="Turns">What the user says, turn by turn: two in MT-Bench.</param>
/// <param name="References">Reference answers, one a turn, for the judge; null where there are none.</param>
public sealed record MtBenchQuestion(int Id, string Category, IReadOnlyList<string> Turns, IReadOnlyList<string>? References)
{
    /// <summary>A temperature that the question itself asks for; null: its category's.</summary>
    public double? RequiredTemperature { get; init; }
}
