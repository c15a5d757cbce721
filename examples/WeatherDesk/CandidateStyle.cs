namespace WeatherDesk;

/// <summary>How a candidate model answers.</summary>
public enum CandidateStyle
{
    /// <summary>Right, in whole sentences, mostly with advice.</summary>
    Thorough,

    /// <summary>Right, and no word more than needed.</summary>
    Terse,

    /// <summary>Pleasant, and often wrong: it reads the wrong number.</summary>
    Sloppy,

    /// <summary>Talks of this and that, and gets to the point now and then.</summary>
    Rambling,
}
