namespace ZephyrML.LanguageModels;

/// <summary>The shape of a layer's feed-forward part.</summary>
public enum FeedForwardKind
{
    /// <summary>W_down (act(W_gate x) ⊙ W_up x), three weights.</summary>
    Gated,
    /// <summary>The same, with gate and up in one weight, gate first.</summary>
    GatedFused,
    /// <summary>W_down act(W_up x).</summary>
    Plain,
}
