namespace ZephyrML.Teacher;

/// <summary>In which order a judge sees two answers. Judges favour places, so one fixed order is not on offer.</summary>
public enum PairwiseOrder
{
    /// <summary>Both orders, two calls; verdicts that disagree make a tie (MT-Bench, arXiv 2306.05685, section 3.4).</summary>
    Both,

    /// <summary>One order, drawn by seed and content, one call (AlpacaEval).</summary>
    Random,
}
