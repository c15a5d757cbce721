namespace ZephyrML.Teacher;

/// <summary>The principles as system prompts, in this project's words, and UltraFeedback's ways to draw them. A drawn honesty becomes stated confidence one time in ten.</summary>
internal static class Principles
{
    private static readonly string[] Helpfulness =
    [
        "Be as helpful as you can: find out what the user is after and give a complete, well-ordered answer.",
        "Answer so that the user can act on it at once, and leave out nothing that matters.",
        "Put the user's need first; give useful detail, examples where they help, and no padding.",
        "Read the request twice, meet all of it, and make the result easy to use: clear order, plain words.",
        "Think of what the user will do with your answer, and give what that takes, no less and no more.",
        "Be correct, complete and to the point; where the request is vague, say how you took it.",
    ];

    private static readonly string[] Truthfulness =
    [
        "Say only what is true. Contradict neither known facts, nor the user's material, nor yourself.",
        "Check every statement before you make it, and correct a false premise instead of building on it.",
        "Never invent names, numbers or sources; what nothing supports stays out of the answer.",
        "Keep fact and opinion apart, and give no detail that you could not defend.",
        "Be exact: a shorter answer that is right is better than a longer one that guesses.",
    ];

    private static readonly string[] Honesty =
    [
        "Be open about what you do not know, and say how sure you are of the rest.",
        "If you cannot know something, say so plainly; do not cover a gap with confident words.",
        "Let your tone fit your knowledge: firm where you are certain, careful where you are not.",
        "Say where your knowledge ends, and what the user could check for themselves.",
        "Admit doubt in plain words, once, where it belongs; do not hedge what you know.",
    ];

    private static readonly string[] StatedConfidence =
    [
        "State, with each answer, how confident you are in it as a percentage.",
        "End your answer with a number from 0% to 100% that says how likely it is to be right.",
        "Beside each claim that could be wrong, put your confidence in it in percent.",
    ];

    /// <summary>The mix for a prompt from somewhere; sources are named as in UltraFeedback's files (flan has parts: flan_v2_cot and so on).</summary>
    public static PrincipleMix For(PrincipleMix mix, string? source) => mix != PrincipleMix.BySource ? mix : source?.ToLowerInvariant() switch
    {
        "evol_instruct" => PrincipleMix.Helpfulness,
        "truthful_qa" or "false_qa" => PrincipleMix.Facts,
        { } name when name.StartsWith("flan", StringComparison.Ordinal) => PrincipleMix.Tasks,
        _ => PrincipleMix.Dialogue,
    };

    /// <summary>The system prompt of one candidate for one row; null: none.</summary>
    public static string? Draw(PrincipleMix mix, int seed, long row, string candidate)
    {
        if (mix == PrincipleMix.None)
            return null;
        var stream = new SeedStream(seed, "principle/" + candidate, row);
        string[][] choices = mix switch
        {
            PrincipleMix.Dialogue => [Helpfulness, Helpfulness, Helpfulness, Truthfulness, Honesty],
            PrincipleMix.Tasks => [Helpfulness, Helpfulness, Helpfulness, Helpfulness, StatedConfidence],
            PrincipleMix.Facts => [Honesty, Truthfulness],
            _ => [Helpfulness],
        };
        var drawn = choices[stream.Next(choices.Length)];
        if (drawn == Honesty && stream.NextDouble() < 0.1)
            drawn = StatedConfidence;
        return drawn[stream.Next(drawn.Length)];
    }
}
