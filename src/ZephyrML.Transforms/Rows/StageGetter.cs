using Microsoft.ML;

namespace ZephyrML.Transforms.Rows;

/// <summary>Getters of a row that a stage has widened.</summary>
internal static class StageGetter
{
    public static ValueGetter<TValue> Make<TIn, TOut, TValue>(
        Stage<TIn, TOut> stage, DataViewRow source, HashSet<int> active, DataViewSchema.Column column, Func<TOut> current)
        where TOut : class
    {
        if (!active.Contains(column.Index))
            throw new InvalidOperationException($"Column '{column.Name}' is not active.");
        if (column.Index < stage.InputSchema.Count)
            return source.GetGetter<TValue>(stage.InputSchema[column.Index]);
        return stage.Getter(column.Index, current) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' is {column.Type}; its getter takes {column.Type.RawType}, not {typeof(TValue)}.");
    }
}
