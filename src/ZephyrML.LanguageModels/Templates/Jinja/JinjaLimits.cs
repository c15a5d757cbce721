namespace ZephyrML.LanguageModels.Jinja;

/// <summary>How much one rendering may take. A template comes with a model, so it is not trusted.</summary>
/// <param name="Work">Steps of the interpreter; long texts and lists count by length.</param>
/// <param name="Characters">Characters of all texts made on the way.</param>
/// <param name="Elements">Elements of all lists and dictionaries made on the way.</param>
/// <param name="Output">Characters of the rendering.</param>
/// <param name="Depth">Calls inside calls.</param>
/// <param name="Time">Time on the clock.</param>
internal sealed record JinjaLimits(long Work, long Characters, long Elements, int Output, int Depth, TimeSpan Time)
{
    public const int Nesting = 200;

    public static JinjaLimits Default { get; } = new(3_000_000, 24_000_000, 500_000, 8_000_000, 100, TimeSpan.FromSeconds(10));
}
