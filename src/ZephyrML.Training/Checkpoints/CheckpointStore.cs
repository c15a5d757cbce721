using System.Globalization;

namespace ZephyrML.Training;

/// <summary>
/// A folder of checkpoints, <c>checkpoint-STEP</c> each. One is written under another name, flushed file by file, and renamed when it is whole; older ones go only then. So a kill at any moment
/// leaves the newest whole one. One process at a time uses the folder.
/// </summary>
internal sealed class CheckpointStore : IDisposable
{
    private const string Prefix = "checkpoint-", Unfinished = ".part", LockName = "training.lock";
    private readonly FileStream held;

    /// <exception cref="IOException">Another run uses the folder, or it cannot be written to.</exception>
    public CheckpointStore(string folder)
    {
        Root = Path.GetFullPath(folder);
        Directory.CreateDirectory(Root);
        try
        {
            held = new FileStream(Path.Combine(Root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"{nameof(TrainingOptions.CheckpointFolder)} '{folder}' is in use by another training run; wait for it, or give this one a folder of its own. ({e.Message})", e);
        }
        foreach (var left in Directory.EnumerateDirectories(Root, $"{Prefix}*{Unfinished}").ToList())
            Directory.Delete(left, recursive: true);
        foreach (var left in Directory.EnumerateFiles(Root, $"*{Unfinished}").ToList())
            File.Delete(left);
    }

    public string Root { get; }

    /// <summary>What looks like a checkpoint, the newest first.</summary>
    public List<(int Step, string Folder)> All() => In(Root);

    /// <summary>What looks like a checkpoint in a folder, the newest first; nothing where there is no such folder.</summary>
    public static List<(int Step, string Folder)> In(string root) => !Directory.Exists(root) ? [] :
        [.. Directory.EnumerateDirectories(root, $"{Prefix}*").Select(folder => (Step: StepOf(folder), folder)).Where(c => c.Step >= 0).OrderByDescending(c => c.Step)];

    /// <summary>The newest checkpoint that is whole; null where there is none.</summary>
    /// <param name="warn">Told of each newer one that is not.</param>
    /// <param name="allowed">Which ones count; null: all.</param>
    public CheckpointReader? Newest(Action<string> warn, Func<int, bool>? allowed = null)
    {
        foreach (var (step, folder) in All())
        {
            if (allowed?.Invoke(step) == false)
                continue;
            if (CheckpointReader.Open(folder, out var problem) is { } whole)
                return whole;
            warn($"The checkpoint '{folder}' is passed over, it is not whole: {problem}. The one before it is used, if there is one.");
        }
        return null;
    }

    /// <summary>Writes a checkpoint; it has its name when all of it is on disk.</summary>
    /// <returns>Its folder.</returns>
    public string Write(int step, Action<CheckpointWriter> write)
    {
        var final = FolderOf(step);
        var part = final + Unfinished;
        if (Directory.Exists(part))
            Directory.Delete(part, recursive: true);
        Directory.CreateDirectory(part);
        try
        {
            var writer = new CheckpointWriter(part, step);
            write(writer);
            writer.Complete();
        }
        catch // a full disk, say: make room for the next attempt
        {
            Directory.Delete(part, recursive: true);
            throw;
        }
        if (Directory.Exists(final)) // one that was not whole, or the same again
            Remove(final);
        Directory.Move(part, final);
        return final;
    }

    /// <summary>Deletes checkpoints: later ones than the one just written, which were not whole and were passed over, and old ones. The newest <paramref name="limit"/> stay, counting <paramref name="best"/>, which stays too, as the newest does.</summary>
    public void Prune(int written, int? limit, int? best)
    {
        foreach (var (_, folder) in All().Where(c => c.Step > written))
            Remove(folder);
        if (limit is null)
            return;
        var all = All();
        var never = all.Where(c => c.Step == written || c.Step == best).ToList();
        var kept = never.Concat(all).Select(c => c.Step).Distinct().Take(Math.Max(limit.Value, never.Count)).ToHashSet();
        foreach (var (step, folder) in all.Where(c => !kept.Contains(c.Step)))
            Remove(folder);
    }

    public string FolderOf(int step) => Path.Combine(Root, Prefix + step.ToString(CultureInfo.InvariantCulture));

    public void Dispose() => held.Dispose();

    /// <summary>Under another name first, so that half a checkpoint never looks like one.</summary>
    private static void Remove(string folder)
    {
        var going = $"{folder}.{Guid.NewGuid():N}{Unfinished}";
        Directory.Move(folder, going);
        Directory.Delete(going, recursive: true);
    }

    private static int StepOf(string folder) =>
        int.TryParse(Path.GetFileName(folder).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int step) ? step : -1;
}
