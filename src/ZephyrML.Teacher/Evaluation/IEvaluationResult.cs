namespace ZephyrML.Teacher;

/// <summary>What an evaluation found, to be shown and saved: see <see cref="EvaluationReport"/>.</summary>
public interface IEvaluationResult
{
    /// <summary>What was evaluated, in a few words.</summary>
    string Title { get; }

    /// <summary>The figures.</summary>
    IReadOnlyList<EvaluationTable> Tables { get; }

    /// <summary>Pictures of them, as SVG elements; empty where a table says it all.</summary>
    IReadOnlyList<string> Charts { get; }
}
