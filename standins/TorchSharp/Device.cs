namespace TorchSharp;

public static partial class torch
{
    /// <summary>Where a tensor's memory is: "cpu", "cuda", "cuda:1".</summary>
    public class Device
    {
        public Device(DeviceType deviceType, int index = -1) => (type, this.index) = (deviceType, deviceType == DeviceType.CPU ? -1 : index);

        public Device(string deviceType, int index = -1) : this(Parse(deviceType), index) { }

        public Device(string description) : this(Split(description).type, Split(description).index) { }

        public Device(int index) : this(DeviceType.CUDA, index) { }

        public DeviceType type { get; }

        public int index { get; }

        public static implicit operator Device(string description) => new(description);

        public override string ToString() => index < 0 ? type.ToString().ToLowerInvariant() : $"{type.ToString().ToLowerInvariant()}:{index}";

        public override bool Equals(object obj) => obj is Device d && d.type == type && d.index == index;

        public override int GetHashCode() => HashCode.Combine(type, index);

        private static (DeviceType type, int index) Split(string description)
        {
            int colon = description.IndexOf(':');
            return colon < 0 ? (Parse(description), -1) : (Parse(description[..colon]), int.Parse(description[(colon + 1)..]));
        }

        private static DeviceType Parse(string name) => name.ToLowerInvariant() switch
        {
            "cpu" => DeviceType.CPU,
            "cuda" => DeviceType.CUDA,
            "mps" => DeviceType.MPS,
            "meta" => DeviceType.META,
            _ => throw new ArgumentException($"'{name}' is no device; expected cpu, cuda, cuda:N, mps or meta."),
        };
    }

    public static readonly Device CPU = new(DeviceType.CPU);
    public static readonly Device META = new(DeviceType.META);
    public static Device CUDA => new(DeviceType.CUDA);
    public static Device MPS => new(DeviceType.MPS);

    public static Device device(string description) => new(description);
    public static Device device(string deviceType, int index = -1) => new(deviceType, index);
    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);
    public static Device device(int index) => new(index);

    public static bool cuda_is_available() => cuda.is_available();

    public static class cuda
    {
        public static bool is_available() => Native.at_cuda_available() != 0;
        public static int device_count() => Native.at_cuda_device_count();
        public static bool is_cudnn_available() => Native.at_cuda_cudnn() != 0;
        public static void manual_seed(long seed) => Native.at_cuda_manual_seed(seed, 0);
        public static void manual_seed_all(long seed) => Native.at_cuda_manual_seed(seed, 1);
        public static void synchronize(Device device = null) => Native.Check(Native.at_cuda_synchronize(device?.index ?? -1));
    }
}
