namespace ZephyrML.LanguageModels.Jinja;

/// <summary>How much one rendering may take. A template comes with a model, so it is not trusted.</summary>
/// <param name="Work">Steps of the interpreter; long texts and lists count by length.</param>
/// <param name="Characters">Characters of all texts made on the way.</param>
/// <param name="Elements">Elements of all lists and dictionaries made on the way.</param>
/// <param name="Output">Characters of the rendering.</param>
/// <param name="Depth">Calls inside calls.</param>
/// <param name="Memory">Bytes allocated on the way.</param>
/// <param name="Time">Time on the clock.</param>
internal sealed record JinjaLimits(long Work, long Characters, long Elements, int Output, int Depth, long Memory, TimeSpan Time)
{
    public const int Nesting = 200;

    public static JinjaLimits Default { get; } = new(1_500_000, 24_000_000, 500_000, 8_000_000, 100, 128L << 20, TimeSpan.FromSeconds(10));

    /// <summary>For a first look at a template, on two short messages.</summary>
    public static JinjaLimits Trial { get; } = new(200_000, 1_000_000, 50_000, 1_000_000, 100, 32L << 20, TimeSpan.FromSeconds(2));
}
