using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

public sealed partial class SchemaShape
{
    public struct Column
    {
        public readonly string Name;

        public readonly VectorKind Kind;

        public readonly DataViewType ItemType;

        public readonly bool IsKey;

        public readonly SchemaShape Annotations;

        internal Column(string name, VectorKind vecKind, DataViewType itemType, bool isKey, SchemaShape annotations = null)
        {
            Contracts.CheckNonEmpty(name, nameof(name));
            Contracts.CheckParam(itemType is not KeyDataViewType, nameof(itemType), "Item type cannot be a key");
            Contracts.CheckParam(itemType is not VectorDataViewType, nameof(itemType), "Item type cannot be a vector");
            Contracts.CheckParam(!isKey || KeyDataViewType.IsValidDataType(itemType.RawType), nameof(itemType), "The item type must be valid for a key");
            (Name, Kind, ItemType, IsKey) = (name, vecKind, itemType, isKey);
            Annotations = annotations ?? Empty;
        }

        internal Column(string name, DataViewType type, SchemaShape annotations)
            : this(name, KindOf(type), ItemOf(type), (type as VectorDataViewType)?.ItemType is KeyDataViewType || type is KeyDataViewType, annotations) { }

        internal readonly bool IsValid => Name != null;

        internal readonly bool IsCompatibleWith(Column source)
        {
            Contracts.Check(source.IsValid, nameof(source));
            return Name == source.Name && Kind == source.Kind && ItemType.Equals(source.ItemType) && IsKey == source.IsKey
                && Annotations.All(a => source.Annotations.TryFindColumn(a.Name, out var other) && a.IsCompatibleWith(other));
        }

        internal readonly string GetTypeString()
        {
            string item = IsKey ? $"Key<{ItemType}>" : ItemType.ToString();
            return Kind switch
            {
                VectorKind.Vector => $"Vector<{item}>",
                VectorKind.VariableVector => $"VarVector<{item}>",
                _ => item,
            };
        }

        private static VectorKind KindOf(DataViewType type)
            => type is not VectorDataViewType vector ? VectorKind.Scalar : vector.IsKnownSize ? VectorKind.Vector : VectorKind.VariableVector;

        private static DataViewType ItemOf(DataViewType type)
        {
            var item = (type as VectorDataViewType)?.ItemType ?? type;
            return item is KeyDataViewType key ? ColumnTypes.PrimitiveOf(key.RawType) : item;
        }

        public enum VectorKind
        {
            Scalar,
            Vector,
            VariableVector,
        }
    }
}
