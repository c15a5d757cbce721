namespace ZephyrML.Transforms.Loading;

/// <summary>The types that a loaded column can have.</summary>
internal enum TableColumnKind
{
    Text,
    Texts,
    Float,
    Floats,
}
