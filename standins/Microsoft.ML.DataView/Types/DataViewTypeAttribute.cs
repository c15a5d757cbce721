namespace Microsoft.ML.Data;

/// <summary>Marks a member of a user class whose column has a custom <see cref="DataViewType"/>.</summary>
public abstract class DataViewTypeAttribute : Attribute, IEquatable<DataViewTypeAttribute>
{
    protected DataViewTypeAttribute() { }

    public abstract bool Equals(DataViewTypeAttribute other);

    public abstract void Register();
}
