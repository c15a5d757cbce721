namespace ZephyrML.Teacher;

/// <summary>Which principles are given to candidates as system prompts, after UltraFeedback (arXiv 2310.01377), whose mix hangs on where a prompt came from.</summary>
public enum PrincipleMix
{
    /// <summary>None: candidates answer as they are.</summary>
    None,

    /// <summary>UltraFeedback's mix for ShareGPT and UltraChat: helpfulness 3 of 5, truthfulness 1, honesty 1.</summary>
    Dialogue,

    /// <summary>Its mix for FLAN: helpfulness 4 of 5, stated confidence 1.</summary>
    Tasks,

    /// <summary>Its choice for Evol-Instruct: helpfulness.</summary>
    Helpfulness,

    /// <summary>Its mix for TruthfulQA and FalseQA: honesty and truthfulness, half and half.</summary>
    Facts,

    /// <summary>The mix that UltraFeedback takes for where the prompt came from: evol_instruct <see cref="Helpfulness"/>, flan <see cref="Tasks"/>, truthful_qa and false_qa <see cref="Facts"/>, all others <see cref="Dialogue"/>.</summary>
    BySource,
}
