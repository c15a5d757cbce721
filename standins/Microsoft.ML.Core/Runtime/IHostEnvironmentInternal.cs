namespace Microsoft.ML.Runtime;

internal interface IHostEnvironmentInternal : IHostEnvironment
{
    int? Seed { get; }

    string TempFilePath { get; set; }

    int? GpuDeviceId { get; set; }

    bool FallbackToCpu { get; set; }
}
