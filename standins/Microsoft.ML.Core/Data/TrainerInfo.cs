namespace Microsoft.ML;

public sealed class TrainerInfo
{
    internal TrainerInfo(bool normalization, bool caching) => (NeedNormalization, WantCaching) = (normalization, caching);

    public bool NeedNormalization { get; }

    public bool WantCaching { get; }
}
