using WeatherDesk;

namespace ZephyrML.Examples.Tests;

/// <summary>A forecast that the tests share.</summary>
internal static class Desk
{
    public const string Forecast =
        """
        Today: sunny, 12 to 21 C, rain 10%, wind 15 km/h
        Tomorrow: rainy, 9 to 14 C, rain 80%, wind 45 km/h
        Friday: foggy, 3 to 8 C, rain 20%, wind 5 km/h
        """;

    public static WeatherPrompt Ask(string question) => WeatherPrompt.Read($"{Forecast}\n\n{question}")!;
}
