using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Output columns that come from one input column each.</summary>
public abstract class OneToOneTransformerBase : RowToRowTransformerBase
{
    internal readonly (string OutputColumnName, string InputColumnName)[] ColumnPairs;

    private protected OneToOneTransformerBase(IHost host, (string OutputColumnName, string InputColumnName)[] columns) : base(host)
    {
        Contracts.CheckValue(columns, nameof(columns));
        var names = new HashSet<string>();
        foreach (var (output, input) in columns)
        {
            Contracts.CheckNonEmpty(input, nameof(columns));
            Contracts.CheckNonEmpty(output, nameof(columns));
            Contracts.CheckParam(names.Add(output), nameof(columns), $"Name of the result column '{output}' specified multiple times");
        }
        ColumnPairs = columns;
    }

    private protected static (string, string)[] LoadColumns(ModelLoadContext ctx)
    {
        int count = ctx.Reader.ReadInt32();
        Contracts.CheckDecode(count >= 0);
        return [.. Enumerable.Range(0, count).Select(_ => (ctx.LoadNonEmptyString(), ctx.LoadNonEmptyString()))];
    }

    private protected void SaveColumns(ModelSaveContext ctx)
    {
        ctx.Writer.Write(ColumnPairs.Length);
        foreach (var (output, input) in ColumnPairs)
        {
            ctx.SaveNonEmptyString(output);
            ctx.SaveNonEmptyString(input);
        }
    }
}
