using Microsoft.ML;
using ZephyrML.ModelZip;

namespace ZephyrML.Transforms.Teachers;

/// <summary>TeacherGenerate's part of a model zip.</summary>
internal static class TeacherGenerateZip
{
    public const string Id = "teacher-generate";

    public static void Save(ModelSaveContext context, TeacherGenerateTransformer transformer) => ModelZipBridge.Save(context, Id, header =>
    {
        header.Write(transformer.Seed);
        header.Write(transformer.AsksTeacher);
        header.Write(transformer.AsksPool);
        ZipJson.Write(header, transformer.Options);
    }, []);

    public static ITransformer Load(ZipPart part)
    {
        var seed = part.Header.ReadInt32();
        var asksTeacher = part.Header.ReadBoolean();
        var asksPool = part.Header.ReadBoolean();
        var options = ZipJson.Read<TeacherGenerateOptions>(part, "options of TeacherGenerate");
        return new TeacherGenerateTransformer(part.Environment, options, seed, asksTeacher, asksPool, null, [], 1, null, default);
    }
}
