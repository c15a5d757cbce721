namespace WeatherDesk;

/// <summary>What the sky looks like.</summary>
public enum Sky
{
    Sunny,
    Fair,
    Cloudy,
    Foggy,
    Drizzly,
    Showery,
    Rainy,
    Stormy,
}
