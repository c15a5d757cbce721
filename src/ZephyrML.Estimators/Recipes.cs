using ZephyrML.LanguageModels;
using ZephyrML.Training;

namespace ZephyrML;

/// <summary>
/// The published recipes of zephyr-7b-beta as ready options: the alignment-handbook's files <c>recipes/zephyr-7b-beta</c>, in both generations. Each call gives options of one's own, to be changed freely.
/// </summary>
/// <remarks>
/// They say what is learned, not on which machine: the effective batch is that of the recipe, made of micro-batches of 8 rows or 4 pairs (change <see cref="TrainingOptions.BatchSize"/> and <see cref="TrainingOptions.AccumulationSteps"/> together),
/// activations are recomputed, and <see cref="TrainingOptions.Precision"/> is left alone. Rows are packed by best fit, where the original runs wrapped them, and only the assistant's turns are learned.
/// </remarks>
/// <example><code>
/// z.DistilledSft(Recipes.ZephyrV1.Sft("models/mistral-7b")).Append(z.DistilledDpo(Recipes.ZephyrV1.Dpo()))
/// </code></example>
public static class Recipes
{
    /// <summary>
    /// The first generation (November 2023), which is the paper's (arXiv 2310.16944, section 4): 512 packed rows of 2048 tokens and a cosine from 2e-5 for dSFT; for dDPO three epochs of 64 pairs,
    /// β 0.1, linear from 5e-7, by RMSprop. (Its code also put an empty system turn before every dialogue; the templates here do without.)
    /// </summary>
    public static Recipe ZephyrV0 { get; } = new("zephyr-7b-beta, first generation",
        sft: () => new()
        {
            LearningRate = 2e-5, Schedule = LearningRateSchedule.Cosine, WarmupRatio = 0, Epochs = 1, BatchSize = 8, AccumulationSteps = 64, MaxLength = 2048, Packing = Packing.BestFit, RecomputeActivations = true,
        },
        dpo: () => new()
        {
            LearningRate = 5e-7, Schedule = LearningRateSchedule.Linear, WarmupRatio = 0.1, Epochs = 3, BatchSize = 4, AccumulationSteps = 16, MaxLength = 1024, Beta = 0.1, Optimizer = OptimizerKind.RmsProp, RecomputeActivations = true,
        },
        sftAdapter: null,
        dpoAdapter: options =>
        {
            options.Adapter = new LoraOptions { Rank = 64, Alpha = 16, Dropout = 0.1, TargetModules = ["q_proj", "k_proj", "v_proj", "o_proj"] };
            options.AccumulationSteps = 64;
        });

    /// <summary>
    /// The second generation (January 2024, commit f0ffa0d), today's: 128 packed rows for dSFT, one epoch of 128 pairs with β 0.01 for dDPO, cosines with a tenth of warm-up, AdamW. Its QLoRA files hold the base in four bits under
    /// adapters on all linear layers: rank 16 at 2e-4 for dSFT, rank 128 at 5e-6 for dDPO.
    /// </summary>
    public static Recipe ZephyrV1 { get; } = new("zephyr-7b-beta, second generation",
        sft: () => new()
        {
            LearningRate = 2e-5, Schedule = LearningRateSchedule.Cosine, WarmupRatio = 0.1, Epochs = 1, BatchSize = 8, AccumulationSteps = 16, MaxLength = 2048, Packing = Packing.BestFit, RecomputeActivations = true,
            EvaluationStrategy = EvaluationStrategy.Epoch, SaveEverySteps = 100,
        },
        dpo: () => new()
        {
            LearningRate = 5e-7, Schedule = LearningRateSchedule.Cosine, WarmupRatio = 0.1, Epochs = 1, BatchSize = 4, AccumulationSteps = 32, MaxLength = 1024, Beta = 0.01, RecomputeActivations = true,
            EvaluateEverySteps = 100, SaveEverySteps = 100,
        },
        sftAdapter: options =>
        {
            (options.LearningRate, options.AccumulationSteps) = (2e-4, 8);
            options.Adapter = new LoraOptions { Rank = 16, Alpha = 16, Dropout = 0.05, TargetModules = AllLinear() };
            options.Quantization = new Nf4Options();
        },
        dpoAdapter: options =>
        {
            options.LearningRate = 5e-6;
            options.Adapter = new LoraOptions { Rank = 128, Alpha = 128, Dropout = 0.05, TargetModules = AllLinear() };
            options.Quantization = new Nf4Options();
        });

    private static string[] AllLinear() => [LoraOptions.AllLinear];
}
