using Microsoft.ML.Data;

namespace ZephyrML.Transforms.Students;

/// <summary>The type of the annotation by which a reply column carries its student, as key values are carried.</summary>
internal sealed class StudentDataViewType() : StructuredDataViewType(typeof(Student))
{
    public const string Kind = "Student";

    public static StudentDataViewType Instance { get; } = new();

    public override bool Equals(DataViewType? other) => other is StudentDataViewType;

    public override int GetHashCode() => typeof(StudentDataViewType).GetHashCode();

    public override string ToString() => "Student";
}
