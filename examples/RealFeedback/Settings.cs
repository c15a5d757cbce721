using System.Globalization;

namespace RealFeedback;

/// <summary>The command line.</summary>
internal sealed record Settings
{
    /// <summary>The folder of the pretrained student.</summary>
    public required string Student { get; init; }

    /// <summary>The file of prompts, answers and recorded scores.</summary>
    public required string Feedback { get; init; }

    /// <summary>Where the zip and the figures go.</summary>
    public string Out { get; init; } = Path.Combine("artifacts", "real-feedback");

    /// <summary>Pairs to train on.</summary>
    public int Train { get; init; } = 64;

    /// <summary>Pairs to evaluate on.</summary>
    public int HeldOut { get; init; } = 64;

    /// <summary>The longest row in tokens; longer ones are cut.</summary>
    public int MaxLength { get; init; } = 256;

    /// <summary>The field of a candidate that holds its score.</summary>
    public string ScoreField { get; init; } = "gpt4_preference";

    /// <summary>Models whose answers are left out: the one that the others were compared with.</summary>
    public IReadOnlyList<string> LeaveOut { get; init; } = ["gpt4_1106_preview"];

    /// <summary>Peak rate of dSFT. The student is a chat model already, so it takes small steps.</summary>
    public double SftLearningRate { get; init; } = 1e-5;

    /// <summary>Passes of dSFT.</summary>
    public double SftEpochs { get; init; } = 1;

    /// <summary>Peak rate of dDPO: above the paper's 5e-7, since a small model sees few pairs.</summary>
    public double DpoLearningRate { get; init; } = 5e-6;

    /// <summary>Passes of dDPO.</summary>
    public double DpoEpochs { get; init; } = 1;

    /// <summary>How strongly dDPO is held to its start.</summary>
    public double Beta { get; init; } = 0.1;

    /// <summary>Where everything random starts.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>Asked at the end.</summary>
    public string Prompt { get; init; } = "What are three tips for sleeping well?";

    /// <summary>The model that comes out.</summary>
    public string Zip => Path.Combine(Out, "zephyr.zip");

    /// <summary>Reads the command line; null, with the reason on the console, where it is wrong.</summary>
    public static Settings? Read(string[] args)
    {
        try
        {
            return Parse(args);
        }
        catch (Exception e) when (e is ArgumentException or UriFormatException)
        {
            Console.Error.WriteLine(e.Message);
            return null;
        }
    }

    private static Settings Parse(string[] args)
    {
        var settings = new Settings { Student = "", Feedback = "" };
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
                throw new ArgumentException($"{args[i]} lacks its value. {Usage}");
            var value = args[i + 1];
            double Number() => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : throw new ArgumentException($"{args[i]} must be a number above 0, not '{value}'. {Usage}");
            settings = args[i] switch
            {
                "--student" => settings with { Student = value },
                "--feedback" => settings with { Feedback = value },
                "--out" => settings with { Out = value },
                "--train" => settings with { Train = (int)Number() },
                "--heldout" => settings with { HeldOut = (int)Number() },
                "--max-length" => settings with { MaxLength = (int)Number() },
                "--score-field" => settings with { ScoreField = value },
                "--leave-out" => settings with { LeaveOut = value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) },
                "--sft-learning-rate" => settings with { SftLearningRate = Number() },
                "--sft-epochs" => settings with { SftEpochs = Number() },
                "--dpo-learning-rate" => settings with { DpoLearningRate = Number() },
                "--dpo-epochs" => settings with { DpoEpochs = Number() },
                "--beta" => settings with { Beta = Number() },
                "--seed" => settings with { Seed = (int)Number() },
                "--prompt" => settings with { Prompt = value },
                _ => throw new ArgumentException($"'{args[i]}' is unknown. {Usage}"),
            };
        }
        if (settings.Student.Length == 0 || settings.Feedback.Length == 0)
            throw new ArgumentException($"--student and --feedback are needed. {Usage}");
        Directory.CreateDirectory(settings.Out);
        return settings;
    }

    private const string Usage = "Known are --student FOLDER --feedback FILE [--train N] [--heldout N] [--max-length N] [--score-field NAME] [--leave-out MODELS] [--sft-learning-rate X] [--sft-epochs X] [--dpo-learning-rate X] [--dpo-epochs X] [--beta X] [--seed N] [--out FOLDER] [--prompt TEXT].";
}
