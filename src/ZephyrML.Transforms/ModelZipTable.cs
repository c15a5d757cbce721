using ZephyrML.ModelZip;
using ZephyrML.Transforms.Students;
using ZephyrML.Transforms.Teachers;

namespace ZephyrML.Transforms;

/// <summary>Everything of ours that a model zip can hold: the fixed table that the bridge looks ids up in.</summary>
internal static class ModelZipTable
{
    internal static IReadOnlyDictionary<string, ZipLoader> Loaders { get; } = new Dictionary<string, ZipLoader>
    {
        [TeacherGenerateZip.Id] = TeacherGenerateZip.Load,
        [RankZip.Id] = RankZip.Load,
        [StudentZip.Id] = StudentZip.Load,
        [StudentZip.AdaptedId] = StudentZip.LoadAdapted,
    };
}
