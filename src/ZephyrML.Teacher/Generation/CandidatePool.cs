using System.Collections;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>
/// The models whose answers are compared, by name: <c>new CandidatePool { ["llama"] = llama, ["phi"] = phi }</c>, or with weights
/// <c>new CandidatePool { { "llama", llama, 2 }, { "phi", phi, 1 } }</c>. Keeps the order in which they were added. Disposes of no client.
/// </summary>
public sealed class CandidatePool : IEnumerable<Candidate>
{
    private readonly List<Candidate> _candidates = [];

    /// <summary>How many models there are.</summary>
    public int Count => _candidates.Count;

    /// <summary>Their names, in order.</summary>
    public IReadOnlyList<string> Names => [.. _candidates.Select(c => c.Name)];

    /// <summary>Gets or sets a model by its name; setting a new name adds it with weight 1, setting a known one replaces its client and keeps its weight.</summary>
    /// <exception cref="KeyNotFoundException">There is no such model.</exception>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public IChatClient this[string name]
    {
        get => _candidates.Find(c => c.Name == name)?.Client
            ?? throw new KeyNotFoundException($"The pool has no model '{name}'; it has {(Count == 0 ? "none" : string.Join(", ", Names))}.");
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            var place = _candidates.FindIndex(c => c.Name == name);
            if (place < 0)
                Add(name, value);
            else
                _candidates[place] = _candidates[place] with { Client = value };
        }
    }

    /// <summary>Adds a model.</summary>
    /// <exception cref="ArgumentException">The name is empty or taken, or the weight is not above 0.</exception>
    public void Add(string name, IChatClient client, double weight = 1)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(client);
        if (!double.IsFinite(weight) || weight <= 0)
            throw new ArgumentException($"The weight of model '{name}' must be above 0, not {weight}.", nameof(weight));
        if (_candidates.Exists(c => c.Name == name))
            throw new ArgumentException($"The pool has a model '{name}' already; names must differ.", nameof(name));
        _candidates.Add(new(name, client, weight));
    }

    /// <summary>
    /// Draws <paramref name="count"/> different models by weight, the same for the same seed and row; in the pool's order. All of them where the pool has no more.
    /// (Each model gets the key −ln(u)/weight; the smallest are drawn: Efraimidis and Spirakis' sampling without replacement.)
    /// </summary>
    public IReadOnlyList<Candidate> Choose(int count, int seed, long row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count >= Count)
            return [.. _candidates];
        var stream = new SeedStream(seed, "candidates", row);
        var drawn = _candidates.Select((c, i) => (Place: i, Key: -Math.Log(1 - stream.NextDouble()) / c.Weight)).OrderBy(p => p.Key).Take(count).Select(p => p.Place).Order();
        return [.. drawn.Select(i => _candidates[i])];
    }

    /// <summary>A copy that later additions to this pool do not reach.</summary>
    public CandidatePool Copy()
    {
        var copy = new CandidatePool();
        copy._candidates.AddRange(_candidates);
        return copy;
    }

    /// <inheritdoc/>
    public IEnumerator<Candidate> GetEnumerator() => _candidates.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
