namespace ZephyrML.LanguageModels;

/// <summary>Which of the base's biases are trained beside an adapter, as PEFT's <c>bias</c>.</summary>
public enum LoraBias
{
    /// <summary>None.</summary>
    None,

    /// <summary>Every bias of the model, norms included.</summary>
    All,

    /// <summary>Those of the adapted modules.</summary>
    LoraOnly,
}
