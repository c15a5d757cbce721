using ZephyrML.LanguageModels;

namespace ZephyrML.Training;

/// <summary>dDPO's rows: the pairs that have room for a completion, cut to the length.</summary>
internal sealed class PreferenceData
{
    private readonly IReadOnlyList<PreferenceRow> rows;
    private readonly DpoOptions options;

    /// <exception cref="ArgumentException">No row is left.</exception>
    public PreferenceData(IReadOnlyList<PreferenceRow> rows, DpoOptions options, string what, IReadOnlySet<int>? stops = null)
    {
        (this.rows, this.options) = (rows, options);
        int maxLength = options.MaxLength;
        bool needsRoom = options.Truncation == Truncation.KeepStart;
        var used = new List<int>();
        var lengths = new List<int>();
        for (int i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            if (row.Prompt.Length is 0 || (needsRoom && row.Prompt.Length >= maxLength) || row.Chosen.Length == 0 || row.Rejected.Length == 0)
                continue;
            int longer = row.Prompt.Length + Math.Max(row.Chosen.Length, row.Rejected.Length);
            used.Add(i);
            TeachesStop |= stops?.Contains(row.Chosen[^1]) == true && (!needsRoom || row.Prompt.Length + row.Chosen.Length <= maxLength);
            lengths.Add(Math.Min(longer, maxLength));
            if (longer > maxLength)
                Cut++;
        }
        if (used.Count == 0)
            throw new ArgumentException($"dDPO: none of the {rows.Count} {what} rows has a prompt and two completions with room within {nameof(DpoOptions.MaxLength)} = {maxLength}.");
        (Used, Lengths) = (used, lengths);
    }

    /// <summary>The rows that are used, by their places among all.</summary>
    public IReadOnlyList<int> Used { get; }

    /// <summary>Tokens of each used row's longer side.</summary>
    public IReadOnlyList<int> Lengths { get; }

    public int Cut { get; }

    /// <summary>Whether some chosen completion ends with a stop token, within the length.</summary>
    public bool TeachesStop { get; }

    /// <summary>About the lengths of a batch's documents: each side as long as the longer one.</summary>
    public int[] DocumentLengths(int[] pairs) => [.. pairs.Concat(pairs).Select(p => Lengths[p])];

    /// <summary>A batch of used rows: all chosen sides first, then all rejected ones.</summary>
    /// <param name="pairs">Indices into <see cref="Used"/>.</param>
    /// <param name="model">The policy.</param>
    public TokenBatch Batch(IEnumerable<int> pairs, CausalLM model)
    {
        var read = pairs.Select(i => rows[Used[i]]).ToList();
        // Where the start of the longer side is cut off, the two see different prompts.
        bool Whole(PreferenceRow r) => options.Truncation == Truncation.KeepStart || r.Prompt.Length + Math.Max(r.Chosen.Length, r.Rejected.Length) <= options.MaxLength;
        return new([.. read.Select(r => Side(r.Prompt, r.Chosen)), .. read.Select(r => Side(r.Prompt, r.Rejected))], model.Config, model.Device,
            options.SharePrompts ? [.. read.Select(r => Whole(r) ? r.Prompt.Length : 0)] : null);
    }

    private Document Side(int[] prompt, int[] completion)
    {
        int[] all = [.. prompt, .. completion];
        int cut = options.Truncation == Truncation.KeepEnd ? Math.Max(0, all.Length - options.MaxLength) : 0;
        return new(cut == 0 ? all : all[cut..], Math.Min(all.Length, options.MaxLength), null, Math.Max(0, prompt.Length - cut));
    }

    /// <summary>Completion tokens that are left of a row's side.</summary>
    public static int CompletionTokens(int[] prompt, int[] completion, DpoOptions options) =>
        Math.Min(completion.Length, options.Truncation == Truncation.KeepEnd ? options.MaxLength : options.MaxLength - prompt.Length);
}
