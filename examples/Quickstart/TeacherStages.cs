using Microsoft.ML;
using Microsoft.ML.Data;
using ZephyrML;

namespace Quickstart;

/// <summary>The part of the recipe that asks a teacher, on its own: what a second run pays.</summary>
internal sealed class TeacherStages(MLContext ml, Settings settings, int catalogSeed)
{
    /// <summary>Makes all dialogues, answers and judgements again, with new clients over the same cache.</summary>
    /// <returns>The paid calls.</returns>
    public long Run()
    {
        using var desk = new TeacherDesk(settings);
        var z = ml.Zephyr(o => o.Seed = catalogSeed);
        var dialogues = z.SelfInstruct(desk.Seeds(ml), desk.Teacher, desk.Growth);
        var ranked = z.TeacherGenerate(desk.Teacher, desk.Pool).Append(z.Rank(desk.Teacher)).Fit(dialogues).Transform(dialogues);
        var pairs = ranked.GetColumn<string>("Chosen").Count(chosen => chosen.Length > 0);
        return pairs > 0 ? desk.Paid : throw new InvalidOperationException("The second run made no pair.");
    }
}
