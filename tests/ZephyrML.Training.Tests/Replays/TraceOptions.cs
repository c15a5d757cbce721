using System.Text.Json;

namespace ZephyrML.Training.Tests;

/// <summary>
/// TRL's and transformers' options as ours. Each is honoured, or is known to change no number once the order of the rows is given, or is off; any other is refused by name, so that no run
/// passes or fails for a setting that was not looked at.
/// </summary>
internal sealed class TraceOptions(JsonElement options)
{
    // What decides the order and number of rows, which a trace tells; how data is kept, shown and stored; how the same numbers are computed.
    private static readonly HashSet<string> Neutral =
    [
        "num_train_epochs", "max_steps", "seed", "data_seed", "shuffle_dataset", "train_sampling_strategy", "group_by_length", "length_column_name", "full_determinism", "use_cpu",
        "precompute_ref_log_probs", "precompute_ref_batch_size", "disable_dropout", "pad_to_multiple_of", "padding_free", "assistant_only_loss", "remove_unused_columns",
        "attn_implementation", "gradient_checkpointing_kwargs", "activation_offloading", "average_tokens_across_devices", "optim_target_modules", "eos_token", "pad_token", "report_to", "output_dir", "run_name",
        "dataset_num_proc", "dataset_text_field", "dataset_kwargs", "disable_tqdm", "include_num_input_tokens_seen",
    ];

    private static readonly string[] NeutralPrefixes = ["logging_", "log_", "save_", "eval_s", "eval_d", "eval_on", "dataloader_", "hub_", "push_to_hub", "load_best", "metric_for", "greater_is", "ddp_", "trackio_", "include_"];

    private readonly HashSet<string> read = [];

    public string Text(string name) => Find(name) is { ValueKind: JsonValueKind.String } v ? v.GetString()! : "";

    public bool Is(string name) => Find(name) is { ValueKind: JsonValueKind.True };

    public double? Number(string name) => Find(name) is { ValueKind: JsonValueKind.Number } v ? v.GetDouble() : null;

    /// <summary>dSFT's options.</summary>
    public SftOptions Supervised()
    {
        var set = Common(new SftOptions
        {
            Packing = !Is("packing") ? Packing.None : PackingNamed(Text("packing_strategy")),
            Loss = Text("loss_type") switch { "" or "nll" or "chunked_nll" => SftLoss.NegativeLogLikelihood, "dft" => SftLoss.DynamicFineTuning, var other => throw Refused("loss_type", other) },
        });
        _ = (Find("completion_only_loss"), Find("packing_strategy"));
        set.EvaluationPacking = Find("eval_packing") switch
        {
            { ValueKind: JsonValueKind.True } => PackingNamed(Text("packing_strategy")), { ValueKind: JsonValueKind.False } => Packing.None, _ => null,
        };
        return set;
    }

    /// <summary>dDPO's options.</summary>
    public DpoOptions Preferences()
    {
        var set = Common(new DpoOptions
        {
            Beta = Number("beta") ?? 0.1,
            LabelSmoothing = Number("label_smoothing") ?? 0,
            DiscopopTau = Number("discopop_tau") ?? 0.05,
            Divergence = Text("f_divergence_type") switch
            {
                "" or "reverse_kl" => Divergence.ReverseKl, "forward_kl" => Divergence.ForwardKl, "js_divergence" => Divergence.JensenShannon, "alpha_divergence" => Divergence.Alpha,
                var other => throw Refused("f_divergence_type", other),
            },
            AlphaDivergenceCoefficient = Number("f_alpha_divergence_coef") ?? 0.5,
            UseWeighting = Is("use_weighting"),
            LdAlpha = Number("ld_alpha"),
            SyncReference = Is("sync_ref_model"),
            ReferenceMixup = Number("ref_model_mixup_alpha") ?? 0.6,
            ReferenceSyncSteps = (int)(Number("ref_model_sync_steps") ?? 512),
        });
        if (Find("loss_type") is { } losses)
            set.Losses = losses.ValueKind == JsonValueKind.String ? [LossNamed(losses.GetString()!)] : [.. losses.EnumerateArray().Select(l => LossNamed(l.GetString()!))];
        if (Find("loss_weights") is { ValueKind: JsonValueKind.Array } weights)
            set.LossWeights = [.. weights.EnumerateArray().Select(x => x.GetDouble())];
        return set;
    }

    /// <exception cref="NotSupportedException">An option that was not read is on.</exception>
    public void RefuseTheRest()
    {
        foreach (var option in options.EnumerateObject())
            if (!read.Contains(option.Name) && !Neutral.Contains(option.Name) && !NeutralPrefixes.Any(p => option.Name.StartsWith(p, StringComparison.Ordinal)) && !IsOff(option.Value))
                throw Refused(option.Name, option.Value);
    }

    public static LearningRateSchedule ScheduleNamed(string name) => name switch
    {
        "" or "linear" => LearningRateSchedule.Linear, "cosine" => LearningRateSchedule.Cosine, "constant" => LearningRateSchedule.Constant, "constant_with_warmup" => LearningRateSchedule.ConstantWithWarmup,
        "cosine_with_min_lr" => LearningRateSchedule.CosineWithFloor, "cosine_warmup_with_min_lr" => LearningRateSchedule.CosineWarmupWithFloor, "cosine_with_restarts" => LearningRateSchedule.CosineWithRestarts,
        "polynomial" => LearningRateSchedule.Polynomial, "inverse_sqrt" => LearningRateSchedule.InverseSquareRoot, "warmup_stable_decay" => LearningRateSchedule.WarmupStableDecay,
        _ => throw Refused("lr_scheduler_type", name),
    };

    /// <summary>transformers' lr_scheduler_kwargs.</summary>
    public static ScheduleShape ShapeOf(JsonElement? given, double peak)
    {
        if (given is not { ValueKind: JsonValueKind.Object } kwargs)
            return new();
        double? Number(string name) => kwargs.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.Number ? v.GetDouble() : null;
        RampForm Form(string name, RampForm otherwise) => !kwargs.TryGetProperty(name, out var v) ? otherwise
            : v.GetString() switch { "linear" => RampForm.Linear, "cosine" => RampForm.Cosine, "1-sqrt" => RampForm.OneMinusSquareRoot, var other => throw Refused(name, other) };
        foreach (var kwarg in kwargs.EnumerateObject())
            if (kwarg.Name is not ("min_lr" or "min_lr_rate" or "min_lr_ratio" or "warmup_lr_rate" or "num_cycles" or "power" or "lr_end" or "timescale" or "num_decay_steps" or "num_stable_steps" or "warmup_type" or "decay_type"))
                throw Refused("lr_scheduler_kwargs." + kwarg.Name, kwarg.Value);
        return new()
        {
            FloorRatio = Number("min_lr_rate") ?? Number("min_lr_ratio") ?? Number("min_lr") / peak ?? 0, WarmupFloorRatio = Number("warmup_lr_rate"), Cycles = Number("num_cycles"),
            Power = Number("power") ?? 1, EndRate = Number("lr_end") ?? 1e-7, TimeScale = (int?)Number("timescale"), DecaySteps = (int?)Number("num_decay_steps"), StableSteps = (int?)Number("num_stable_steps"),
            WarmupForm = Form("warmup_type", RampForm.Linear), DecayForm = Form("decay_type", RampForm.Cosine),
        };
    }

    /// <summary>A warm-up below one step is a ratio.</summary>
    public static (double Ratio, int? Steps) Warmup(double given) => given < 1 ? (given, null) : (0, (int)given);

    private static DpoLoss LossNamed(string name) => Enum.TryParse<DpoLoss>(name.Replace("_", ""), ignoreCase: true, out var loss) ? loss : throw Refused("loss_type", name);

    private static Packing PackingNamed(string name) => name switch
    {
        "bfd" => Packing.BestFit, "bfd_split" => Packing.BestFitSplit, "wrapped" => Packing.Wrapped, _ => throw Refused("packing_strategy", name),
    };

    private T Common<T>(T set) where T : TrainingOptions
    {
        (set.StopOnNonFinite, set.DivergenceWindow) = (false, 0);           // TRL has no such guards
        set.LearningRate = Number("learning_rate") ?? set.LearningRate;
        set.Schedule = ScheduleNamed(Text("lr_scheduler_type"));
        set.ScheduleShape = ShapeOf(Find("lr_scheduler_kwargs"), set.LearningRate);
        (set.WarmupRatio, set.WarmupSteps) = Warmup(Number("warmup_steps") ?? 0);
        if (Number("warmup_ratio") is > 0 and var ratio)
            (set.WarmupRatio, set.WarmupSteps) = (ratio, null);
        set.WeightDecay = Number("weight_decay") ?? 0;
        (set.AdamBeta1, set.AdamBeta2, set.AdamEpsilon) = (Number("adam_beta1") ?? 0.9, Number("adam_beta2") ?? 0.999, Number("adam_epsilon") ?? 1e-8);
        string optimizer = Text("optim");
        switch (optimizer)
        {
            case "" or "adamw_torch" or "adamw_torch_fused" or "adamw_hf": break;
            case "lion" or "lion_32bit" or "paged_lion_32bit": set.Optimizer = OptimizerKind.Lion; break;
            // transformers hands RMSprop the rate alone: its ε and α are torch's.
            case "rmsprop": (set.Optimizer, set.AdamEpsilon) = (OptimizerKind.RmsProp, 1e-8); break;
            default: throw Refused("optim", optimizer);
        }
        set.MaxGradNorm = Number("max_grad_norm") ?? 0;
        set.BatchSize = (int)(Number("per_device_train_batch_size") ?? 8);
        set.EvaluationBatchSize = (int?)Number("per_device_eval_batch_size");
        set.AccumulationSteps = (int)(Number("gradient_accumulation_steps") ?? 1);
        set.RecomputeActivations = Is("gradient_checkpointing");             // the same numbers by another way
        set.DropLastBatch = Is("dataloader_drop_last");
        set.MaxLength = (int)(Number("max_length") ?? 1 << 20);
        set.Truncation = Text("truncation_mode") switch { "" or "keep_start" => Truncation.KeepStart, "keep_end" => Truncation.KeepEnd, var other => throw Refused("truncation_mode", other) };
        return set;
    }

    private JsonElement? Find(string name)
    {
        read.Add(name);
        return options.TryGetProperty(name, out var value) ? value : null;
    }

    private static bool IsOff(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False or JsonValueKind.Undefined => true,
        JsonValueKind.Number => value.GetDouble() == 0,
        JsonValueKind.String => value.GetString() is "" or "no" or "none",
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private static NotSupportedException Refused(string name, object? value) => new($"The option {name} = {value} is not one that this replay knows how to honour.");
}
