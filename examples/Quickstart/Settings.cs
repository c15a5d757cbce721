using System.Globalization;

namespace Quickstart;

/// <summary>The command line.</summary>
internal sealed record Settings
{
    /// <summary>Where everything random starts.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>The address of an OpenAI-compatible server that takes the embedded teacher's place; its key is read from OPENAI_API_KEY.</summary>
    public Uri? Teacher { get; init; }

    /// <summary>The model's name there.</summary>
    public string? Model { get; init; }

    /// <summary>Where results go.</summary>
    public string Out { get; init; } = Path.Combine("artifacts", "quickstart");

    /// <summary>How many dialogues the teacher writes. With the epochs in Program.cs this is the training's budget, in tokens and not in seconds.</summary>
    public int Dialogues { get; init; } = 1200;

    /// <summary>How many held-out prompts are answered.</summary>
    public int HeldOut { get; init; } = 300;

    /// <summary>The folder of the base model.</summary>
    public string BaseModel { get; init; } = Path.Combine(AppContext.BaseDirectory, "base");

    /// <summary>The model that comes out.</summary>
    public string Zip => Path.Combine(Out, "zephyr.zip");

    /// <summary>The response cache.</summary>
    public string Cache => Path.Combine(Out, "teacher.db");

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
        var settings = new Settings();
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
                throw new ArgumentException($"{args[i]} lacks its value. {Usage}");
            var value = args[i + 1];
            int Number() => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : throw new ArgumentException($"{args[i]} must be a number above 0, not '{value}'. {Usage}");
            settings = args[i] switch
            {
                "--seed" => settings with { Seed = Number() },
                "--teacher" => settings with { Teacher = new Uri(value, UriKind.Absolute) },
                "--model" => settings with { Model = value },
                "--out" => settings with { Out = value },
                "--dialogues" => settings with { Dialogues = Number() },
                "--heldout" => settings with { HeldOut = Number() },
                "--base" => settings with { BaseModel = value },
                _ => throw new ArgumentException($"'{args[i]}' is unknown. {Usage}"),
            };
        }
        if (settings.Teacher is null != settings.Model is null)
            throw new ArgumentException($"--teacher and --model belong together. {Usage}");
        Directory.CreateDirectory(settings.Out);
        return settings;
    }

    private const string Usage = "Known are --seed N, --teacher URL --model NAME, --out FOLDER, --dialogues N, --heldout N, --base FOLDER.";
}
