using TorchSharp.Modules;

namespace ZephyrML.LanguageModels;

/// <summary>A weight that an adapter may stand in for: what is trained whole beside the base is a copy, so that the base stays as it is.</summary>
internal sealed class WeightSlot(Parameter weight)
{
    private Parameter? _copy;
    private AdapterSwitch? _switch;
    private bool _bias;

    /// <summary>The base's weight.</summary>
    public Parameter Base { get; } = weight;

    /// <summary>The adapter's copy, or null.</summary>
    public Parameter? Copy => _copy;

    /// <summary>What counts now.</summary>
    public Parameter Current => _copy is null || !(_switch!.On || (_bias && _switch.KeepBiases)) ? Base : _copy;

    /// <summary>Puts a copy in the weight's place while the switch is on.</summary>
    public void Set(Parameter copy, AdapterSwitch adapter, bool bias = false) => (_copy, _switch, _bias) = (copy, adapter, bias);

    /// <summary>The base alone counts again.</summary>
    public void Clear() => (_copy, _switch, _bias) = (null, null, false);
}
