using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Row mappers one after another; each is asked only for what the next ones need.</summary>
internal sealed class CompositeRowMapper(DataViewSchema inputSchema, IRowToRowMapper[] mappers) : IRowToRowMapper
{
    public DataViewSchema InputSchema => inputSchema;

    public DataViewSchema OutputSchema { get; } = mappers.Length > 0 ? mappers[^1].OutputSchema : inputSchema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => mappers.Reverse().Aggregate(dependingColumns, (needed, mapper) => mapper.GetDependencies(needed));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        Contracts.CheckValue(input, nameof(input));
        Contracts.CheckValue(activeColumns, nameof(activeColumns));
        Contracts.CheckParam(input.Schema == InputSchema, nameof(input), "Schema did not match original schema");
        var wanted = activeColumns.Select(c => c.Index).ToHashSet();
        if (mappers.Length == 0)
        {
            foreach (var column in input.Schema)
                Contracts.CheckParam(!wanted.Contains(column.Index) || input.IsColumnActive(column), nameof(input), $"Mapper required column '{column.Name}' active but it was not.");
            return input;
        }
        var needed = new IEnumerable<DataViewSchema.Column>[mappers.Length];
        needed[^1] = OutputSchema.Where(c => wanted.Contains(c.Index));
        for (int i = mappers.Length - 1; i >= 1; i--)
            needed[i - 1] = mappers[i].GetDependencies(needed[i]);
        return mappers.Zip(needed).Aggregate(input, (row, step) => step.First.GetRow(row, step.Second));
    }
}
