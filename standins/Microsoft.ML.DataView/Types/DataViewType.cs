namespace Microsoft.ML.Data;

/// <summary>The type of a column; <see cref="RawType"/> is the .NET type that its getters hand out.</summary>
public abstract class DataViewType : IEquatable<DataViewType>
{
    private protected DataViewType(Type rawType) => RawType = rawType ?? throw new ArgumentNullException(nameof(rawType));

    public Type RawType { get; }

    public abstract bool Equals(DataViewType other);
}
