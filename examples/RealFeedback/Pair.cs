namespace RealFeedback;

/// <summary>A ranked row; the properties are columns.</summary>
internal sealed class Pair
{
    /// <summary>What was asked.</summary>
    public string Prompt { get; set; } = "";

    /// <summary>The better answer.</summary>
    public string Chosen { get; set; } = "";

    /// <summary>A worse one.</summary>
    public string Rejected { get; set; } = "";
}
