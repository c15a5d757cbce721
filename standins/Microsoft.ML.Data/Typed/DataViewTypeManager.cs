using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The column types of .NET types that are not ML.NET's own.</summary>
public static class DataViewTypeManager
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<(Type Type, DataViewTypeAttribute Attribute), DataViewType> ByType = [];
    private static readonly Dictionary<DataViewType, (Type Type, DataViewTypeAttribute Attribute)> ByDataViewType = [];

    [Obsolete("This API is deprecated, please use the new form of Register which takes in a single DataViewTypeAttribute instead.", false)]
    public static void Register(DataViewType dataViewType, Type type, IEnumerable<Attribute> typeAttributes)
    {
        var attributes = typeAttributes?.ToArray() ?? [];
        Contracts.CheckParam(attributes.Length <= 1, nameof(type), $"Type {type} has too many attributes.");
        Contracts.CheckParam(attributes.All(a => a is DataViewTypeAttribute), nameof(type), $"Type {type} has an attribute that is not of DataViewTypeAttribute.");
        Register(dataViewType, type, (DataViewTypeAttribute)attributes.SingleOrDefault());
    }

    public static void Register(DataViewType dataViewType, Type type, DataViewTypeAttribute typeAttribute = null)
    {
        Contracts.CheckParam(ColumnTypes.PrimitiveOrNull(type) == null, nameof(type),
            $"Type {type} has been registered as ML.NET's default supported type, so it can't not be registered again.");
        var key = (type, typeAttribute);
        lock (Gate)
        {
            if (ByType.TryGetValue(key, out var known) && !known.Equals(dataViewType))
                throw Contracts.ExceptParam(nameof(type), $"Repeated type register. The raw type {type} has been associated with {known} so it cannot be associated with {dataViewType}.");
            if (ByDataViewType.TryGetValue(dataViewType, out var owner) && owner != key)
                throw Contracts.ExceptParam(nameof(dataViewType), $"Repeated type register. The DataView type {dataViewType} has been associated with {owner.Type} so it cannot be associated with {type}.");
            ByType[key] = dataViewType;
            ByDataViewType[dataViewType] = key;
        }
    }

    internal static DataViewType GetOrNull(Type type, IEnumerable<Attribute> attributes)
    {
        var attribute = attributes?.OfType<DataViewTypeAttribute>().SingleOrDefault();
        lock (Gate)
            return ByType.GetValueOrDefault((type, attribute));
    }
}
