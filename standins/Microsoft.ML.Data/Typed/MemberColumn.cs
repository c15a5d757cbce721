using System.Linq.Expressions;
using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>One column of a user class: its member, name, type and annotations.</summary>
internal sealed class MemberColumn
{
    private MemberColumn(MemberInfo member, string name, DataViewType type, DataViewSchema.Annotations annotations)
        => (Member, Name, Type, Annotations) = (member, name, type, annotations);

    public MemberInfo Member { get; }

    public string Name { get; }

    public DataViewType Type { get; }

    public DataViewSchema.Annotations Annotations { get; }

    public Type MemberType => MemberTypes.TypeOf(Member);

    public bool CanRead => Member is FieldInfo || ((PropertyInfo)Member).CanRead;

    public static MemberColumn[] Of(Type userType, SchemaDefinition definition, SchemaDefinition.Direction direction)
        => [.. (definition ?? SchemaDefinition.Create(userType, direction)).Select(c => Of(userType, c)).Where(c => c != null)];

    public static DataViewSchema SchemaOf(IEnumerable<MemberColumn> columns)
    {
        var builder = new DataViewSchema.Builder();
        foreach (var column in columns)
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        return builder.ToSchema();
    }

    public Func<TRow, TMember> Getter<TRow, TMember>()
    {
        var row = Expression.Parameter(typeof(TRow));
        return Expression.Lambda<Func<TRow, TMember>>(Expression.MakeMemberAccess(row, Member), row).Compile();
    }

    public Action<TRow, TMember> Setter<TRow, TMember>()
    {
        var row = Expression.Parameter(typeof(TRow));
        var value = Expression.Parameter(typeof(TMember));
        return Expression.Lambda<Action<TRow, TMember>>(Expression.Assign(Expression.MakeMemberAccess(row, Member), value), row, value).Compile();
    }

    private static MemberColumn Of(Type userType, SchemaDefinition.Column column)
    {
        const string Parameter = "userSchemaDefinition";
        Contracts.CheckParam(column.MemberName != null, Parameter, "Null field name detected in schema definition");
        var member = (MemberInfo)userType.GetField(column.MemberName) ?? userType.GetProperty(column.MemberName)
            ?? throw Contracts.ExceptParam(Parameter, $"No field or property with name '{column.MemberName}' found in type '{userType.FullName}'");
        if (MemberTypes.TypeOf(member) == typeof(IChannel))
            return null;
        string name = string.IsNullOrEmpty(column.ColumnName) ? column.MemberName : column.ColumnName;
        var (isVector, item) = MemberTypes.KnownParts(member);
        var type = column.ColumnType ?? (isVector ? new VectorDataViewType(ColumnTypes.PrimitiveOf(item)) : ColumnTypes.PrimitiveOf(item));
        string Kind(bool vector) => vector ? "vector" : "scalar";
        Contracts.CheckParam(type is VectorDataViewType == isVector, Parameter,
            $"Column '{name}' is supposed to be {Kind(type is VectorDataViewType)}, but type of associated field '{column.MemberName}' is {Kind(isVector)}");
        Contracts.CheckParam(ColumnTypes.ItemTypeOf(type).RawType == item, Parameter,
            $"Column '{name}' is supposed to have item type {ColumnTypes.ItemTypeOf(type).RawType}, but associated field has type {item}");
        return new(member, name, type, column.Annotations);
    }
}
