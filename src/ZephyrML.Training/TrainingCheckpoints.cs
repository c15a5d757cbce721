using System.Globalization;
using System.Text.Json.Nodes;

namespace ZephyrML.Training;

/// <summary>Looks into a folder of checkpoints without opening a run.</summary>
public static class TrainingCheckpoints
{
    /// <summary>The seed of the run whose checkpoints a folder holds; null where it holds none. A run that has no seed of its own goes on with this one.</summary>
    /// <param name="folder">The folder, as in <see cref="TrainingOptions.CheckpointFolder"/>.</param>
    public static int? SeedOf(string folder)
    {
        foreach (var (_, checkpoint) in CheckpointStore.In(folder))
        {
            try
            {
                var state = JsonNode.Parse(File.ReadAllText(Path.Combine(checkpoint, CheckpointFiles.State)));
                if (state?["identity"]?["seed"]?.GetValue<string>() is { } seed)
                    return int.Parse(seed, CultureInfo.InvariantCulture);
            }
            catch (Exception e) when (e is IOException or System.Text.Json.JsonException or FormatException or InvalidOperationException)
            {
                // Not whole: the run will say so when it passes it over.
            }
        }
        return null;
    }
}
