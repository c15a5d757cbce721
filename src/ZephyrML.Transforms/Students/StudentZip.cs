using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.ModelZip;

namespace ZephyrML.Transforms.Students;

/// <summary>A student's part of a model zip: settings and lineage in the header, the model's files as blobs. Equal models are stored once in a zip, and loaded once.</summary>
internal static class StudentZip
{
    public const string Id = "student";

    public static void Save(ModelSaveContext context, Student student)
    {
        var key = student.Weights.Key;
        var first = ModelZipBridge.Claim(context, key);
        ModelZipBridge.Save(context, Id, header =>
        {
            header.Write(key);
            ZipJson.Write(header, student.Settings);
            ZipJson.Write(header, student.Info);
        }, first ? student.Weights.Model.Files() : []);
    }

    public static ITransformer Load(ZipPart part)
    {
        var key = part.Header.ReadString();
        var settings = ZipJson.Read<StudentSettings>(part, "student's settings");
        var info = ZipJson.Read<StudentInfo>(part, "steps of the student's lineage");
        if (!part.Shared.TryGetValue(key, out var shared))
            part.Shared[key] = shared = new SharedModel(ReadModel(part, key));
        return new StudentTransformer(new Student((SharedModel)shared, settings, info));
    }

    private static LanguageModel ReadModel(ZipPart part, string key)
    {
        using (var config = part.Open("config.json"))
        {
            if (config is null)
                throw new InvalidDataException(
                    $"The student's weights ({key[..Math.Min(12, key.Length)]}…) were stored once, with another transformer of the same zip, and that part is not there: the zip was taken apart. Save the whole model again.");
        }
        return LanguageModel.Read(part.Open);
    }
}
