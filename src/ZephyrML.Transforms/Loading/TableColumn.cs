using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Loading;

/// <summary>A column of a <see cref="TableView"/>: text (string), a vector of text (string[]), a vector of float (float[]) or a float.</summary>
internal sealed record TableColumn(string Name, TableColumnKind Kind)
{
    public DataViewType Type => Kind switch
    {
        TableColumnKind.Text => TextDataViewType.Instance,
        TableColumnKind.Texts => new VectorDataViewType(TextDataViewType.Instance),
        TableColumnKind.Floats => new VectorDataViewType(NumberDataViewType.Single),
        _ => NumberDataViewType.Single,
    };
}
