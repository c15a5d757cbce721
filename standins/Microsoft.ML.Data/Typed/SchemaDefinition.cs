using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>How the members of a user class map to columns; change names and types before it is used.</summary>
public sealed partial class SchemaDefinition : List<SchemaDefinition.Column>
{
    private SchemaDefinition() { }

    public Column this[string columnName]
    {
        get => Find(c => c.ColumnName == columnName);
        set
        {
            Contracts.CheckValue(value, nameof(value));
            Contracts.CheckParam(value.ColumnName == columnName, nameof(columnName),
                $"The column name is specified as '{value.ColumnName}' but must match the selector '{columnName}'.");
            int index = FindIndex(c => c.ColumnName == columnName);
            if (index >= 0)
                this[index] = value;
            else
                Add(value);
        }
    }

    public static SchemaDefinition Create(Type userType, Direction direction = Direction.Both)
    {
        Contracts.CheckValue(userType, nameof(userType));
        var definition = new SchemaDefinition();
        var names = new HashSet<string>();
        foreach (var member in Members(userType, direction))
        {
            string name = member.GetCustomAttribute<ColumnNameAttribute>()?.Name ?? member.Name;
            foreach (var custom in member.GetCustomAttributes().OfType<DataViewTypeAttribute>())
                custom.Register();
            Contracts.CheckParam(names.Add(name), nameof(userType), $"Duplicate column name '{name}' detected, this is disallowed");
            definition.Add(new Column(member.Name, MemberTypes.DefaultColumnType(member), name));
        }
        return definition;
    }

    internal static IEnumerable<MemberInfo> Members(Type userType, Direction direction)
    {
        const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance;
        var fields = userType.GetFields(Public).Where(f => !f.IsLiteral);
        var properties = userType.GetProperties(Public).Where(p => p.GetIndexParameters().Length == 0
            && (direction.HasFlag(Direction.Read) && p.GetGetMethod() != null || direction.HasFlag(Direction.Write) && p.GetSetMethod() != null));
        return fields.Concat<MemberInfo>(properties)
            .Where(m => MemberTypes.TypeOf(m) != typeof(IChannel) && !m.IsDefined(typeof(NoColumnAttribute), true));
    }

    [Flags]
    public enum Direction
    {
        Read = 1,
        Write = 2,
        Both = Read | Write,
    }
}
