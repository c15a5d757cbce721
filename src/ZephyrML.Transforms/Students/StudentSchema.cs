using Microsoft.ML;

namespace ZephyrML.Transforms.Students;

/// <summary>Writes a student into a schema and finds it there.</summary>
internal static class StudentSchema
{
    public static DataViewSchema.Annotations Annotate(Student student)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add<Student>(StudentDataViewType.Kind, StudentDataViewType.Instance, (ref Student value) => value = student);
        return builder.ToAnnotations();
    }

    /// <summary>The student of the last column that carries one, or null.</summary>
    public static Student? Find(DataViewSchema schema)
    {
        Student? found = null;
        foreach (var column in schema)
        {
            if (!column.IsHidden && column.Annotations.Schema.GetColumnOrNull(StudentDataViewType.Kind)?.Type is StudentDataViewType)
                column.Annotations.GetValue(StudentDataViewType.Kind, ref found!);
        }
        return found;
    }
}
