namespace ZephyrML;

/// <summary>A published recipe: options for both trainers, with all weights trained or an adapter. See <see cref="Recipes"/>.</summary>
public sealed class Recipe
{
    private readonly Func<DistilledSftOptions> _sft;
    private readonly Func<DistilledDpoOptions> _dpo;
    private readonly Action<DistilledSftOptions>? _sftAdapter;
    private readonly Action<DistilledDpoOptions>? _dpoAdapter;

    internal Recipe(string name, Func<DistilledSftOptions> sft, Func<DistilledDpoOptions> dpo, Action<DistilledSftOptions>? sftAdapter, Action<DistilledDpoOptions>? dpoAdapter) =>
        (Name, _sft, _dpo, _sftAdapter, _dpoAdapter) = (name, sft, dpo, sftAdapter, dpoAdapter);

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>Options of dSFT, all weights trained.</summary>
    /// <param name="baseModel">The model to start from; null: to be set.</param>
    public DistilledSftOptions Sft(string? baseModel = null)
    {
        var options = _sft();
        options.BaseModel = baseModel;
        return options;
    }

    /// <summary>Options of dDPO, all weights trained.</summary>
    /// <param name="baseModel">The model to start from; null: the student of the stage before.</param>
    public DistilledDpoOptions Dpo(string? baseModel = null)
    {
        var options = _dpo();
        options.BaseModel = baseModel;
        return options;
    }

    /// <summary>Options of dSFT with the recipe's adapter, on a base of four bits where the recipe has it so.</summary>
    /// <param name="baseModel">The model to start from; null: to be set.</param>
    /// <exception cref="InvalidOperationException">The recipe has none.</exception>
    public DistilledSftOptions SftWithAdapter(string? baseModel = null)
    {
        var options = Sft(baseModel);
        (_sftAdapter ?? throw new InvalidOperationException($"The recipe {Name} has no adapter for dSFT; only its dDPO has one."))(options);
        return options;
    }

    /// <summary>Options of dDPO with the recipe's adapter, on a base of four bits where the recipe has it so.</summary>
    /// <param name="baseModel">The model to start from; null: the student of the stage before.</param>
    /// <exception cref="InvalidOperationException">The recipe has none.</exception>
    public DistilledDpoOptions DpoWithAdapter(string? baseModel = null)
    {
        var options = Dpo(baseModel);
        (_dpoAdapter ?? throw new InvalidOperationException($"The recipe {Name} has no adapter for dDPO."))(options);
        return options;
    }
}
