using Microsoft.ML;
using Microsoft.ML.Data;

namespace StandIns.MicrosoftML.Tests;

internal sealed class Person
{
    public string Name { get; set; }

    public float Age { get; set; }
}

internal sealed class Everything
{
    public string Text { get; set; }
    public bool Flag { get; set; }
    public sbyte S1 { get; set; }
    public byte U1 { get; set; }
    public short S2 { get; set; }
    public ushort U2 { get; set; }
    public int S4 { get; set; }
    public uint U4 { get; set; }
    public long S8 { get; set; }
    public ulong U8 { get; set; }
    public float F4 { get; set; }
    public double F8 { get; set; }
    public DateTime When { get; set; }
    public DateTimeOffset WhenThere { get; set; }
    public TimeSpan Long { get; set; }
    public float[] Floats { get; set; }
    [VectorType(2)] public float[] Two { get; set; }
    public string[] Texts { get; set; }
    public VBuffer<int> Ints { get; set; }
    [ColumnName("Renamed")] public int Inner { get; set; }
    [NoColumn] public object Ignored { get; set; }
    public double Field;
}

internal static class Samples
{
    public static Person[] People(int count) => [.. Enumerable.Range(0, count).Select(i => new Person { Name = "p" + i, Age = i })];

    public static string[] Names(MLContext ml, IDataView view) => [.. view.GetColumn<string>("Name")];

    public static Everything One(int i) => new()
    {
        Text = "t" + i, Flag = i % 2 == 0, S1 = (sbyte)-i, U1 = (byte)i, S2 = (short)-i, U2 = (ushort)i, S4 = -i, U4 = (uint)i, S8 = -i, U8 = (ulong)i,
        F4 = i + 0.5f, F8 = i + 0.25, When = new DateTime(2024, 1, 1).AddDays(i), WhenThere = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.FromHours(2)).AddDays(i),
        Long = TimeSpan.FromMinutes(i), Floats = [.. Enumerable.Range(0, i).Select(k => (float)k)], Two = [i, -i], Texts = ["a" + i, "b"],
        Ints = new VBuffer<int>(4, 1, [i], [2]), Inner = i * 10, Field = i * 100,
    };
}
