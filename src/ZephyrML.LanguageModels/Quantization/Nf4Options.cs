namespace ZephyrML.LanguageModels;

/// <summary>How linear layers are quantised to four bits: NormalFloat with absolute-maximum scaling by blocks (QLoRA, Dettmers et al. 2023, section 3), as bitsandbytes does it.</summary>
public sealed class Nf4Options
{
    private static readonly int[] BlockSizes = [32, 64, 128, 256, 512, 1024, 2048, 4096];

    /// <summary>Weights that share a scale, in the order of the flattened weight: 32, 64, 128, ..., 4096. Default 64. [blocksize]</summary>
    public int BlockSize { get; set; } = 64;

    /// <summary>Store the scales themselves as eight-bit codes: 4.13 bits a weight instead of 4.5. Default true; bitsandbytes' own default is false, QLoRA's is true. [bnb_4bit_use_double_quant]</summary>
    public bool DoubleQuantization { get; set; } = true;

    /// <summary>A copy that later changes of this object do not reach.</summary>
    public Nf4Options Copy() => (Nf4Options)MemberwiseClone();

    /// <summary>Throws where an option is wrong.</summary>
    /// <exception cref="ArgumentException">The block size is none of those.</exception>
    public void Validate()
    {
        if (Problem() is { } problem) throw new ArgumentException($"{nameof(Nf4Options)}: {problem}");
    }

    /// <summary>What is wrong with these options, or null.</summary>
    internal string? Problem() => BlockSizes.Contains(BlockSize) ? null : $"{nameof(BlockSize)} must be one of {string.Join(", ", BlockSizes)}, not {BlockSize}.";
}
