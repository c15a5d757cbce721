namespace Microsoft.ML.Runtime;

/// <summary>What kind of private matter a message may tell.</summary>
[Flags]
public enum MessageSensitivity
{
    None = 0,
    UserData = 1,
    Schema = 2,
    Unknown = -1,
    All = Unknown,
}
