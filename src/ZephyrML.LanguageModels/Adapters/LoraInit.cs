namespace ZephyrML.LanguageModels;

/// <summary>What a new adapter holds, as PEFT's <c>init_lora_weights</c>. Kinds that change the base's weights are not supported.</summary>
public enum LoraInit
{
    /// <summary>A uniform by Kaiming (He et al. 2015) with a = √5, that is within ±1/√in; B zero, so that training begins at the base. PEFT's <c>true</c>.</summary>
    KaimingUniform,

    /// <summary>A normal with deviation 1/r; B zero.</summary>
    Gaussian,

    /// <summary>A and B both random, so that the adapter changes the model from the start: for tests. PEFT's <c>false</c>.</summary>
    Random,
}
