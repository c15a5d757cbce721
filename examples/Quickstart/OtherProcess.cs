using System.Diagnostics;
using Microsoft.ML;
using WeatherDesk;
using ZephyrML;

namespace Quickstart;

/// <summary>Loads the zip where nothing else is known: in a new process, by ML.NET alone.</summary>
internal static class OtherProcess
{
    /// <summary>Starts this program once more, as "reply ZIP PROMPT...", and shows what it answers.</summary>
    public static int Ask(string zip, IEnumerable<WeatherPrompt> prompts)
    {
        Console.WriteLine($"\nAnother process loads {zip} and answers:");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { UseShellExecute = false };
        start.ArgumentList.Add(typeof(OtherProcess).Assembly.Location);
        start.ArgumentList.Add("reply");
        start.ArgumentList.Add(zip);
        foreach (var prompt in prompts)
            start.ArgumentList.Add(prompt.Text);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The other process did not start.");
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>What that process does.</summary>
    public static int Reply(string zip, IEnumerable<string> prompts)
    {
        var ml = new MLContext();
        var model = ml.Model.Load(zip, out _);
        using var engine = ml.Model.CreatePredictionEngine<Prompt, Reply>(model);
        foreach (var prompt in prompts)
            Console.WriteLine($"\n{prompt}\n  -> {engine.Predict(new Prompt { Text = prompt }).Text}");
        return 0;
    }
}
