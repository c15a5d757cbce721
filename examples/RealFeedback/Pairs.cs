using Microsoft.ML;

namespace RealFeedback;

/// <summary>Which ranked rows are trained on and which are held out.</summary>
internal static class Pairs
{
    private const int CharactersPerToken = 4;                                    // about, in English

    /// <summary>The first rows that have a pair and whose prompt leaves at least half of the length to the answers: training rows first, then held-out ones.</summary>
    public static (IDataView Train, IDataView HeldOut) Split(MLContext ml, IDataView ranked, Settings settings)
    {
        var (seen, usable) = (0, new List<Pair>());
        foreach (var row in ml.Data.CreateEnumerable<Pair>(ranked, reuseRowObject: false, ignoreMissingColumns: false))
        {
            seen++;
            if (row.Chosen.Length > 0 && row.Rejected.Length > 0 && row.Prompt.Length <= CharactersPerToken * settings.MaxLength / 2)
                usable.Add(row);
            if (usable.Count == settings.Train + settings.HeldOut)
                break;
        }
        if (usable.Count < settings.Train + settings.HeldOut)
            throw new InvalidDataException($"{settings.Feedback}: {usable.Count} of {seen} rows have a pair and a prompt of at most {CharactersPerToken * settings.MaxLength / 2} characters; --train and --heldout ask for {settings.Train + settings.HeldOut}.");
        Console.WriteLine($"{settings.Feedback}: {seen} rows read, {usable.Count} pairs used: {settings.Train} to train on, {settings.HeldOut} held out");
        return (ml.Data.LoadFromEnumerable(usable.Take(settings.Train).ToList()), ml.Data.LoadFromEnumerable(usable.Skip(settings.Train).ToList()));
    }
}
