namespace Microsoft.ML.Data;

/// <summary>Computes columns to add to a row; columns are told by their number among the added ones.</summary>
internal interface IRowMapper
{
    DataViewSchema.DetachedColumn[] GetOutputColumns();

    Func<int, bool> GetDependencies(Func<int, bool> activeOutput);

    Delegate[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action disposer);
}
