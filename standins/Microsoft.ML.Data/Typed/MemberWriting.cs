namespace Microsoft.ML.Data;

/// <summary>Setters that fill the members of a user object from a row.</summary>
internal static class MemberWriting
{
    public static Action<TRow> Setter<TRow>(DataViewRow row, DataViewSchema.Column source, MemberColumn target)
    {
        var member = target.MemberType;
        if (member == typeof(string))
        {
            var get = row.GetGetter<ReadOnlyMemory<char>>(source);
            var set = target.Setter<TRow, string>();
            ReadOnlyMemory<char> text = default;
            return user =>
            {
                get(ref text);
                set(user, text.ToString());
            };
        }
        if (member == typeof(string[]))
            return Writers<TRow>.Converted<ReadOnlyMemory<char>, string>(row, source, target, text => text.ToString());
        string method = member.IsArray ? nameof(Writers<TRow>.Array) : source.Type is VectorDataViewType ? nameof(Writers<TRow>.Vector) : nameof(Writers<TRow>.Direct);
        var item = member.IsArray ? member.GetElementType() : ColumnTypes.ItemTypeOf(source.Type).RawType;
        return (Action<TRow>)Reflect.CallStatic(typeof(Writers<TRow>), method, item, row, source, target);
    }

    private static class Writers<TRow>
    {
        public static Action<TRow> Array<T>(DataViewRow row, DataViewSchema.Column source, MemberColumn target)
            => Converted<T, T>(row, source, target, null);

        // The user object's own array is filled where it has the right length, so that a reused object reuses it; no array is as
        // good as an empty one, so a new object keeps null for an empty vector, as with the real package.
        public static Action<TRow> Converted<TFrom, TTo>(DataViewRow row, DataViewSchema.Column source, MemberColumn target, Converter<TFrom, TTo> convert)
        {
            var get = row.GetGetter<VBuffer<TFrom>>(source);
            var set = target.Setter<TRow, TTo[]>();
            var old = target.CanRead ? target.Getter<TRow, TTo[]>() : _ => null;
            VBuffer<TFrom> values = default;
            return user =>
            {
                get(ref values);
                var array = old(user);
                if ((array?.Length ?? 0) != values.Length)
                    array = new TTo[values.Length];
                if (convert == null)
                    values.CopyTo((TFrom[])(object)array);
                else
                    foreach (var (slot, value) in values.Items(all: true))
                        array[slot] = convert(value);
                set(user, array);
            };
        }

        public static Action<TRow> Vector<T>(DataViewRow row, DataViewSchema.Column source, MemberColumn target)
        {
            var get = row.GetGetter<VBuffer<T>>(source);
            var set = target.Setter<TRow, VBuffer<T>>();
            var old = target.CanRead ? target.Getter<TRow, VBuffer<T>>() : _ => default;
            return user =>
            {
                var vector = old(user);
                get(ref vector);
                set(user, vector);
            };
        }

        public static Action<TRow> Direct<T>(DataViewRow row, DataViewSchema.Column source, MemberColumn target)
        {
            var get = row.GetGetter<T>(source);
            var set = target.Setter<TRow, T>();
            T value = default;
            return user =>
            {
                get(ref value);
                set(user, value);
            };
        }
    }
}
