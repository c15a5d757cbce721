using System.Text.Json;
using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.ModelZip;

namespace ZephyrML.Transforms.Students;

/// <summary>A student's part of a model zip: settings and lineage in the header, the model's files as blobs. Equal models are stored once in a zip, and loaded once.</summary>
internal static class StudentZip
{
    public const string Id = "student";

    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    public static void Save(ModelSaveContext context, Student student)
    {
        var key = student.Weights.Key;
        var first = ModelZipBridge.Claim(context, key);
        ModelZipBridge.Save(context, Id, header =>
        {
            header.Write(key);
            header.Write(JsonSerializer.Serialize(student.Settings, Json));
            header.Write(JsonSerializer.Serialize(student.Info, Json));
        }, first ? student.Weights.Model.Files() : []);
    }

    public static ITransformer Load(ZipPart part)
    {
        var key = part.Header.ReadString();
        var settings = Read<StudentSettings>(part, "settings");
        var info = Read<StudentInfo>(part, "lineage");
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

    private static T Read<T>(ZipPart part, string what)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(part.Header.ReadString(), Json) ?? throw new InvalidDataException($"The student's {what} in the model zip are empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The student's {what} in the model zip cannot be read: {e.Message}", e);
        }
    }
}
