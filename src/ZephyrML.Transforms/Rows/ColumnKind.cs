namespace ZephyrML.Transforms.Rows;

/// <summary>The types of column that the stages read.</summary>
internal enum ColumnKind
{
    Text,
    Texts,
    Floats,
}
