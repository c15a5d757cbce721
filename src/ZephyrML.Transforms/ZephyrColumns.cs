namespace ZephyrML;

/// <summary>The columns that the stages read and write, by their default names.</summary>
public static class ZephyrColumns
{
    /// <summary>Text: what a user asks.</summary>
    public const string Prompt = "Prompt";

    /// <summary>Text: a dialogue as a JSON array of {role, content}; where it is not empty it is the context instead of <see cref="Prompt"/>.</summary>
    public const string Messages = "Messages";

    /// <summary>Text: the teacher's answer; empty is missing.</summary>
    public const string Response = "Response";

    /// <summary>Vector of text: the answers of several models; empty is missing.</summary>
    public const string Candidates = "Candidates";

    /// <summary>Vector of text: which model wrote each of <see cref="Candidates"/>.</summary>
    public const string CandidateModels = "CandidateModels";

    /// <summary>Vector of float, in the order of <see cref="Candidates"/>; NaN is missing.</summary>
    public const string Scores = "Scores";

    /// <summary>Text: the best answer; empty is missing (a tie, too small a gap, no score).</summary>
    public const string Chosen = "Chosen";

    /// <summary>Text: the answer that lost against <see cref="Chosen"/>; empty is missing.</summary>
    public const string Rejected = "Rejected";

    /// <summary>Text: the student's answer; never missing.</summary>
    public const string Reply = "Reply";
}
