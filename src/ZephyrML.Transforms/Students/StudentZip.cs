using System.Text.Json;
using Microsoft.ML;
using ZephyrML.LanguageModels;
using ZephyrML.ModelZip;

namespace ZephyrML.Transforms.Students;

/// <summary>
/// A student's part of a model zip: settings and lineage in the header, the model's files as blobs. Equal models are stored once in a zip, and loaded once. A student with an adapter is stored as its base, whole, and the
/// adapter's files beside it: so one base serves the student that has none and those that have different ones.
/// </summary>
internal static class StudentZip
{
    public const string Id = "student", AdaptedId = "student-adapter";

    public static void Save(ModelSaveContext context, Student student)
    {
        var model = student.Weights.Model;
        var key = student.Weights.Key;
        var first = ModelZipBridge.Claim(context, key);
        var adapted = model.Network.Adapter is not null;
        ModelZipBridge.Save(context, adapted ? AdaptedId : Id, header =>
        {
            header.Write(key);
            ZipJson.Write(header, student.Settings);
            ZipJson.Write(header, student.Info);
            if (adapted)
                header.Write(model.Network.Quantization is { } quantization ? JsonSerializer.Serialize(quantization) : "");
        }, (first ? model.Files() : []).Concat(model.AdapterFiles("").Where(IsOfAdapter)));
    }

    public static ITransformer Load(ZipPart part)
    {
        var (key, settings, info) = Header(part);
        return new StudentTransformer(new Student(StoredBase.Of(part, key).Plain, settings, info));
    }

    public static ITransformer LoadAdapted(ZipPart part)
    {
        var (key, settings, info) = Header(part);
        var quantization = part.Header.ReadString() is { Length: > 0 } json ? JsonSerializer.Deserialize<Nf4Options>(json) : null;
        var model = quantization is null ? StoredBase.Of(part, key).Shared() : StoredBase.Of(part, key).Quantized(quantization);
        try
        {
            model.Network.ReadAdapter(part.Open);
            model.WeightsChanged();
            return new StudentTransformer(new Student(new SharedModel(model), settings, info));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static (string Key, StudentSettings Settings, StudentInfo Info) Header(ZipPart part) =>
        (part.Header.ReadString(), ZipJson.Read<StudentSettings>(part, "student's settings"), ZipJson.Read<StudentInfo>(part, "steps of the student's lineage"));

    private static bool IsOfAdapter((string Name, Action<Stream> Write) file) => file.Name.StartsWith("adapter_", StringComparison.Ordinal);
}
