using Microsoft.ML;
using ZephyrML.ModelZip;

namespace ZephyrML.Transforms.Teachers;

/// <summary>Rank's part of a model zip.</summary>
internal static class RankZip
{
    public const string Id = "rank";

    public static void Save(ModelSaveContext context, RankTransformer transformer) => ModelZipBridge.Save(context, Id, header =>
    {
        header.Write(transformer.Seed);
        ZipJson.Write(header, transformer.Options);
    }, []);

    public static ITransformer Load(ZipPart part)
    {
        var seed = part.Header.ReadInt32();
        return new RankTransformer(part.Environment, ZipJson.Read<RankOptions>(part, "options of Rank"), seed, null, [], 1, null, default);
    }
}
