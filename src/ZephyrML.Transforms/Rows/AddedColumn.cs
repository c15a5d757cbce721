using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Rows;

/// <summary>A column that a stage adds: its name and type, and how its getter takes the value from the row's computed result.</summary>
internal sealed record AddedColumn<TOut>(string Name, DataViewType Type, Func<Func<TOut>, Delegate> Getter, DataViewSchema.Annotations? Annotations = null)
{
    public static AddedColumn<TOut> Text(string name, Func<TOut, string> value, DataViewSchema.Annotations? annotations = null) =>
        new(name, TextDataViewType.Instance,
            current => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> destination) => destination = value(current()).AsMemory()), annotations);

    public static AddedColumn<TOut> Texts(string name, Func<TOut, IReadOnlyList<string>> values) =>
        new(name, new VectorDataViewType(TextDataViewType.Instance),
            current => (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> destination) =>
                Fill(ref destination, values(current()), text => text.AsMemory())));

    public static AddedColumn<TOut> Floats(string name, Func<TOut, IReadOnlyList<float>> values) =>
        new(name, new VectorDataViewType(NumberDataViewType.Single),
            current => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> destination) => Fill(ref destination, values(current()), number => number)));

    private static void Fill<TFrom, TTo>(ref VBuffer<TTo> destination, IReadOnlyList<TFrom> values, Func<TFrom, TTo> convert)
    {
        var editor = VBufferEditor.Create(ref destination, values.Count);
        for (var i = 0; i < values.Count; i++)
            editor.Values[i] = convert(values[i]);
        destination = editor.Commit();
    }
}
