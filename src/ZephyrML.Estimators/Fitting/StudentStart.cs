using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.Transforms.Students;

namespace ZephyrML.Fitting;

/// <summary>A model to train, of one's own: loaded from a folder, or a copy of a fitted student that stays as it is.</summary>
/// <param name="Model">The model; whoever trains it owns it.</param>
/// <param name="Folder">The name of the folder that it came from, without its path; null where it came from a student.</param>
/// <param name="From">The student that it is a copy of.</param>
internal sealed record StudentStart(LanguageModel Model, string? Folder, Student? From)
{
    public static StudentStart FromFolder(string folder, string? template)
    {
        if (!Directory.Exists(folder) && !File.Exists(folder))
            throw new DirectoryNotFoundException($"Option BaseModel: there is no folder and no GGUF file '{folder}'.");
        return new(LanguageModel.Load(folder, new LanguageModelOptions { ChatTemplate = template }), Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), null);
    }

    public static StudentStart FromStudent(Student student)
    {
        using var hold = student.Weights.Hold();
        return new(student.Weights.Model.Clone(), null, student);
    }

    /// <summary>dDPO's start: the student given as an argument, the one that the schema carries, or the BaseModel folder; an error unless it is exactly one.</summary>
    public static StudentStart ForDpo(DataViewSchema schema, StudentTransformer? given, DistilledDpoOptions options)
    {
        var carried = StudentSchema.Find(schema);
        if (given is not null && carried is not null && !ReferenceEquals(given.Student.Weights, carried.Weights))
            throw new InvalidOperationException(
                "DistilledDpo has two students to start from: the one given as its argument and another one in the data's schema (a DistilledSft stage before it). " +
                "Leave the argument out, or transform the data without that stage.");
        var student = given?.Student ?? carried;
        if (student is not null && options.BaseModel is not null)
            throw new InvalidOperationException(
                $"DistilledDpo has two models to start from: option BaseModel ('{options.BaseModel}') and {(given is not null ? "the student given as its argument" : "the student in the data's schema (a DistilledSft stage before it)")}. " +
                "Set BaseModel to null, or leave the student out.");
        if (student is not null)
            return FromStudent(student);
        if (options.BaseModel is not null)
            return FromFolder(options.BaseModel, options.ChatTemplate);
        throw new InvalidOperationException(
            "DistilledDpo has no model to start from: put a DistilledSft stage before it, give a fitted student as its first argument, or set option BaseModel to a model's folder.");
    }
}
