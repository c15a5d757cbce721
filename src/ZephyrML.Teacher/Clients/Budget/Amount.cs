namespace ZephyrML.Teacher;

/// <summary>Money and tokens.</summary>
internal readonly record struct Amount(decimal Cost, long InputTokens, long OutputTokens)
{
    public long Tokens => InputTokens + OutputTokens;

    public static Amount operator +(Amount a, Amount b) => new(a.Cost + b.Cost, a.InputTokens + b.InputTokens, a.OutputTokens + b.OutputTokens);

    public static Amount operator -(Amount a, Amount b) => new(a.Cost - b.Cost, a.InputTokens - b.InputTokens, a.OutputTokens - b.OutputTokens);
}
