using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Binds a user class to a schema, and fills its objects from rows of that schema.</summary>
internal sealed class TypedReader<TRow> where TRow : class
{
    private readonly (DataViewSchema.Column Source, MemberColumn Target)[] _columns;

    public TypedReader(IHostEnvironment env, DataViewSchema schema, bool ignoreMissingColumns, SchemaDefinition definition)
    {
        env = env.Register("TypedCursorable");
        CheckMemberTypes(schema, definition);
        var columns = new List<(DataViewSchema.Column, MemberColumn)>();
        foreach (var target in MemberColumn.Of(typeof(TRow), definition, SchemaDefinition.Direction.Write))
        {
            if (schema.GetColumnOrNull(target.Name) is not { } source)
            {
                if (ignoreMissingColumns)
                    continue;
                throw env.ExceptMissingColumn("Schema", "", target.Name);
            }
            var (isVector, item) = MemberTypes.KnownParts(target.Member);
            if (source.Type is VectorDataViewType != isVector || ColumnTypes.ItemTypeOf(source.Type).RawType != item)
                throw env.Except($"Can't bind the IDataView column '{target.Name}' of type '{source.Type}' to field or property '{target.Member.Name}' of type '{target.MemberType.FullName}'.");
            columns.Add((source, target));
        }
        _columns = [.. columns];
    }

    public IEnumerable<DataViewSchema.Column> SourceColumns => _columns.Select(c => c.Source);

    /// <summary>Fills a user object from the row's present values. Making this asks the row for its getters.</summary>
    public Action<TRow> Filler(DataViewRow row)
    {
        var setters = Array.ConvertAll(_columns, c => MemberWriting.Setter<TRow>(row, row.Schema[c.Source.Index], c.Target));
        return user =>
        {
            foreach (var set in setters)
                set(user);
        };
    }

    // A member of a type that no column can have is told by what the column of its name would want.
    private static void CheckMemberTypes(DataViewSchema schema, SchemaDefinition definition)
    {
        var members = definition == null ? SchemaDefinition.Members(typeof(TRow), SchemaDefinition.Direction.Write)
            : definition.Select(c => (MemberInfo)typeof(TRow).GetField(c.MemberName) ?? typeof(TRow).GetProperty(c.MemberName)).Where(m => m != null);
        foreach (var member in members)
        {
            var (_, item) = MemberTypes.Parts(MemberTypes.TypeOf(member));
            string name = member.GetCustomAttribute<ColumnNameAttribute>()?.Name ?? member.Name;
            if (ColumnTypes.PrimitiveOrNull(item) == null && DataViewTypeManager.GetOrNull(item, member.GetCustomAttributes()) == null
                && schema.GetColumnOrNull(name) is { } column && column.Type.RawType != item)
                throw Contracts.ExceptParam("actualType", $"The expected type '{column.Type.RawType}' does not match the type of the '{name}' member: '{item}'. Please change the {name} member to '{column.Type.RawType}'");
        }
    }
}
