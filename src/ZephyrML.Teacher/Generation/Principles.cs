namespace ZephyrML.Teacher;

/// <summary>The principles as system prompts, in this project's words, and UltraFeedback's ways to draw them. A drawn honesty becomes stated confidence one time in ten.</summary>
internal static class Principles
{
    private static readonly string[] Helpfulness =
    [
        "Be as helpful as you can: find out what the user is after and give a complete, well-ordered answer.",
        "Answer so that the user can act on it at once, and leave out nothing that matters.",
        "Put the user's need first; give useful detail, examples where they help, and no padding.",
    ];

    private static readonly string[] Truthfulness =
    [
        "Say only what is true. Contradict neither known facts, nor the user's material, nor yourself.",
        "Check every statement before you make it, and correct a false premise instead of building on it.",
        "Never invent names, numbers or sources; what nothing supports stays out of the answer.",
    ];

    private static readonly string[] Honesty =
    [
        "Be open about what you do not know, and say how sure you are of the rest.",
        "If you cannot know something, say so plainly; do not cover a gap with confident words.",
        "Let your tone fit your knowledge: firm where you are certain, careful where you are not.",
    ];

    private static readonly string[] StatedConfidence =
    [
        "State, with each answer, how confident you are in it as a percentage.",
        "End your answer with a number from 0% to 100% that says how likely it is to be right.",
    ];

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
