namespace Microsoft.ML.Data;

/// <summary>Column getters that read the members of the current user object.</summary>
internal static class MemberReading
{
    public static Delegate Getter<TRow>(MemberColumn column, Func<TRow> current)
    {
        var member = column.MemberType;
        if (member == typeof(string))
            return Text(column, current);
        if (member == typeof(string[]))
            return Texts(column, current);
        if (member.IsArray)
            return Make(nameof(Array), member.GetElementType());
        if (column.Type is VectorDataViewType vector)
            return Make(nameof(Vector), vector.ItemType.RawType);
        return Make(column.Type is KeyDataViewType ? nameof(Key) : nameof(Direct), column.Type.RawType);

        Delegate Make(string method, Type item)
            => (Delegate)Reflect.CallStatic(typeof(Readers<TRow>), method, item, column, current);
    }

    private static ValueGetter<ReadOnlyMemory<char>> Text<TRow>(MemberColumn column, Func<TRow> current)
    {
        var get = column.Getter<TRow, string>();
        return (ref ReadOnlyMemory<char> dst) => dst = get(current()).AsMemory();
    }

    private static ValueGetter<VBuffer<ReadOnlyMemory<char>>> Texts<TRow>(MemberColumn column, Func<TRow> current)
    {
        var get = column.Getter<TRow, string[]>();
        return (ref VBuffer<ReadOnlyMemory<char>> dst) =>
        {
            string[] texts = get(current()) ?? [];
            var editor = VBufferEditor.Create(ref dst, texts.Length);
            for (int i = 0; i < texts.Length; i++)
                editor.Values[i] = texts[i].AsMemory();
            dst = editor.Commit();
        };
    }

    private const string Array = nameof(Readers<object>.Array), Vector = nameof(Readers<object>.Vector),
        Key = nameof(Readers<object>.Key), Direct = nameof(Readers<object>.Direct);

    private static class Readers<TRow>
    {
        public static ValueGetter<VBuffer<T>> Array<T>(MemberColumn column, Func<TRow> current)
        {
            var get = column.Getter<TRow, T[]>();
            return (ref VBuffer<T> dst) =>
            {
                T[] values = get(current()) ?? [];
                var editor = VBufferEditor.Create(ref dst, values.Length);
                values.CopyTo(editor.Values);
                dst = editor.Commit();
            };
        }

        public static ValueGetter<VBuffer<T>> Vector<T>(MemberColumn column, Func<TRow> current)
        {
            var get = column.Getter<TRow, VBuffer<T>>();
            return (ref VBuffer<T> dst) => get(current()).CopyTo(ref dst);
        }

        public static ValueGetter<T> Direct<T>(MemberColumn column, Func<TRow> current)
        {
            var get = column.Getter<TRow, T>();
            return (ref T dst) => dst = get(current());
        }

        // A user's key counts from 0; a column's from 1, and 0 is missing.
        public static ValueGetter<T> Key<T>(MemberColumn column, Func<TRow> current)
        {
            var get = column.Getter<TRow, T>();
            ulong count = ((KeyDataViewType)column.Type).Count;
            return (ref T dst) =>
            {
                ulong key = Convert.ToUInt64(get(current()));
                dst = (T)Convert.ChangeType(key < count ? key + 1 : 0, typeof(T));
            };
        }
    }
}
