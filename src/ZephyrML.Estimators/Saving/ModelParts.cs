using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZephyrML.Saving;

/// <summary>Looks into models: chains, and chains within chains.</summary>
internal static class ModelParts
{
    /// <summary>The model's transformers in their order, chains resolved.</summary>
    public static IEnumerable<ITransformer> Flatten(ITransformer model) =>
        model is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [model];

    public static StudentTransformer? LastStudent(ITransformer model) => Flatten(model).OfType<StudentTransformer>().LastOrDefault();

    public static TransformerChain<ITransformer> ForScoring(ITransformer model)
    {
        var last = LastStudent(model) ?? throw new ArgumentException("ForScoring: the model holds no student (what DistilledSft or DistilledDpo makes).", nameof(model));
        return new TransformerChain<ITransformer>([.. Flatten(model)
            .Where(part => part is not (TeacherGenerateTransformer or RankTransformer) && (part is not StudentTransformer || ReferenceEquals(part, last)))
            .Select(part => part is StudentTransformer student ? student.Share() : part)]);
    }
}
