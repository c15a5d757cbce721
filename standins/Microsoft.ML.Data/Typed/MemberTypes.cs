using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>What column type a member of a user class stands for.</summary>
internal static class MemberTypes
{
    public static Type TypeOf(MemberInfo member) => member is FieldInfo field ? field.FieldType : ((PropertyInfo)member).PropertyType;

    public static (bool IsVector, Type Item) Parts(Type type)
    {
        bool isVector = true;
        if (type.IsArray)
            type = type.GetElementType();
        else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(VBuffer<>))
            type = type.GetGenericArguments()[0];
        else
            isVector = false;
        return (isVector, type == typeof(string) ? typeof(ReadOnlyMemory<char>) : type);
    }

    /// <summary>As <see cref="Parts"/>, for a member whose item type must be known.</summary>
    public static (bool IsVector, Type Item) KnownParts(MemberInfo member)
    {
        var parts = Parts(TypeOf(member));
        if (ColumnTypes.PrimitiveOrNull(parts.Item) == null && DataViewTypeManager.GetOrNull(parts.Item, member.GetCustomAttributes()) == null)
            throw Contracts.ExceptParam("rawType", $"Could not determine an IDataView type and registered custom types for member {member.Name}");
        return parts;
    }

    public static DataViewType DefaultColumnType(MemberInfo member)
    {
        var (isVector, item) = KnownParts(member);
        if (DataViewTypeManager.GetOrNull(item, member.GetCustomAttributes()) is { } custom)
            return custom;
        var itemType = ColumnTypes.PrimitiveOf(item);
        if (member.GetCustomAttribute<KeyTypeAttribute>() is { } key)
        {
            Contracts.CheckParam(KeyDataViewType.IsValidDataType(item), "userType",
                $"Member {member.Name} marked with KeyType attribute, but does not appear to be a valid kind of data for a key type");
            itemType = new KeyDataViewType(item, key.Count);
        }
        var vector = member.GetCustomAttribute<VectorTypeAttribute>();
        Contracts.CheckParam(vector == null || isVector, "userType",
            $"Member {member.Name} marked with VectorTypeAttribute, but does not appear to be a vector type");
        return !isVector ? itemType : vector?.Dims is { Length: > 0 } dims ? new VectorDataViewType(itemType, dims) : new VectorDataViewType(itemType);
    }
}
