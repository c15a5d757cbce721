using Microsoft.Win32.SafeHandles;
using ZephyrML.LanguageModels;
using ZephyrML.ModelZip;

namespace ZephyrML.Transforms.Students;

/// <summary>Weights that a zip holds once, while it is loaded: as a student without adapter, or as the base of such as have one. In memory they are once too, and once more in four bits where that is asked for.</summary>
internal sealed class StoredBase
{
    private const string Weights = "model.safetensors";

    private readonly ZipPart _part;
    private Func<string, Stream?>? _kept;
    private SharedModel? _plain;
    private LanguageModel? _quantized;

    private StoredBase(ZipPart part) => _part = part;

    /// <summary>The base of this key: of this part, or of one that was loaded before.</summary>
    /// <exception cref="InvalidDataException">It is neither there nor here.</exception>
    public static StoredBase Of(ZipPart part, string key)
    {
        if (part.Shared.TryGetValue(key, out var known))
            return (StoredBase)known;
        using (var config = part.Open("config.json"))
        {
            if (config is null)
                throw new InvalidDataException(
                    $"The student's weights ({key[..Math.Min(12, key.Length)]}…) were stored once, with another transformer of the same zip, and that part is not there: the zip was taken apart. Save the whole model again.");
        }
        var stored = new StoredBase(part);
        part.Shared[key] = stored;
        return stored;
    }

    /// <summary>The model as it is stored.</summary>
    public SharedModel Plain => _plain ??= new SharedModel(LanguageModel.Read(_kept ?? _part.Open));

    /// <summary>A model of one's own on the same weights, which must stay as they are.</summary>
    public LanguageModel Shared()
    {
        var plain = Plain;
        var hold = plain.Hold();
        try
        {
            var model = plain.Model.Clone(shareBase: true);
            model.SetSource(null, hold);
            return model;
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    /// <summary>A model of one's own in four bits. The whole weights stay on the disk, for merging and for saving it again.</summary>
    public LanguageModel Quantized(Nf4Options options)
    {
        if (_plain is not null)
        {
            var shared = Shared();
            var plain = _plain;
            shared.Quantize(options, () => plain.Model.Base().Network);
            return shared;
        }
        if (_quantized is null)
        {
            var kept = _kept ??= Keep();
            _quantized = LanguageModel.Read(kept, new LanguageModelOptions { Quantization = options });
            _quantized.SetSource(() => LanguageModel.Read(kept).Network);
            return _quantized;
        }
        if (_quantized.Network.Quantization is { } had && (had.BlockSize, had.DoubleQuantization) == (options.BlockSize, options.DoubleQuantization))
            return _quantized.Clone(shareBase: true, withAdapter: false);
        var other = LanguageModel.Read(_kept!, new LanguageModelOptions { Quantization = options });
        other.SetSource(() => LanguageModel.Read(_kept!).Network);
        return other;
    }

    /// <summary>Opens the part's files although the zip is not loaded any more: the small ones are remembered, and the weights' temporary file stays open until nothing needs it.</summary>
    private Func<string, Stream?> Keep()
    {
        var small = new Dictionary<string, byte[]?>();
        var weights = (FileStream)_part.Open(Weights)!;
        return name =>
        {
            if (name == Weights)
                return new FileStream(new SafeFileHandle(weights.SafeFileHandle.DangerousGetHandle(), ownsHandle: false), FileAccess.Read) { Position = 0 };
            lock (small)
            {
                if (!small.TryGetValue(name, out var bytes))
                {
                    using var stream = _part.Open(name);
                    using var copy = new MemoryStream();
                    stream?.CopyTo(copy);
                    small[name] = bytes = stream is null ? null : copy.ToArray();
                }
                return bytes is null ? null : new MemoryStream(bytes, writable: false);
            }
        };
    }
}
