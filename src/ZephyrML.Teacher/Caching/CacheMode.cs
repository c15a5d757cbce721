namespace ZephyrML.Teacher;

/// <summary>Whether a response cache may ask for what it lacks.</summary>
public enum CacheMode
{
    /// <summary>A missing answer is asked for and stored.</summary>
    ReadWrite,

    /// <summary>A missing answer is an error (<see cref="CacheMissException"/>): nothing is ever paid.</summary>
    ReplayOnly,
}
