using System.Globalization;
using Microsoft.Extensions.AI;

namespace ZephyrML.Teacher;

/// <summary>The sample ordinal: which of several answers to the same question is meant. It is part of a cached answer's key, so that K samples are K answers.</summary>
public static class ChatOptionsExtensions
{
    /// <summary>Where the ordinal stands in <see cref="ChatOptions.AdditionalProperties"/>. The cache takes it out before it asks.</summary>
    public const string SampleKey = "zephyr.sample";

    /// <summary>Sets the sample ordinal and returns the same options.</summary>
    public static ChatOptions WithSample(this ChatOptions options, int sample)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(sample);
        if (sample == 0)
            options.AdditionalProperties?.Remove(SampleKey);
        else
            (options.AdditionalProperties ??= [])[SampleKey] = sample;
        return options;
    }

    /// <summary>The sample ordinal; 0 where none was set.</summary>
    public static int GetSample(this ChatOptions? options) =>
        options?.AdditionalProperties is { } more && more.TryGetValue(SampleKey, out var value) ? Convert.ToInt32(value, CultureInfo.InvariantCulture) : 0;
}
