namespace Microsoft.ML.Data;

internal static class AnnotationKinds
{
    public const string SlotNames = "SlotNames", KeyValues = "KeyValues", IsNormalized = "IsNormalized";
}
