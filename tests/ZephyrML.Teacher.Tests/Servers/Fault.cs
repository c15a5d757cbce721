namespace ZephyrML.Teacher.Tests;

/// <summary>What a <see cref="FaultServer"/> does instead of answering plainly.</summary>
internal enum Fault
{
    None,

    /// <summary>An answer whose bytes come slowly, in many pieces: no failure.</summary>
    Slow,

    /// <summary>429 with Retry-After in seconds.</summary>
    TooMany,

    /// <summary>429 with Retry-After as a date.</summary>
    TooManyUntil,

    /// <summary>500 with a long body.</summary>
    Error,

    /// <summary>A TCP reset instead of an answer.</summary>
    Reset,

    /// <summary>Half of the answer's bytes, then the end of the connection.</summary>
    HalfBody,

    /// <summary>Half of the answer's bytes, then a reset.</summary>
    HalfBodyReset,

    /// <summary>200 with something that is no JSON.</summary>
    WrongJson,

    /// <summary>200 with an error object.</summary>
    ErrorObject,

    /// <summary>200 with the answer twice in one body.</summary>
    Twice,
}
