using System.Runtime.InteropServices;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>
/// The 256 bytes at the start of a model stream. All positions are relative to the header's own; the blocks follow each other:
/// header, model, string table, string characters (UTF-16), loader assembly name (UTF-16), tail signature.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct ModelHeader
{
    public const int Size = 0x100;
    private const ulong HeaderSignature = 0x4C45444F4D004C4D;   // "ML\0MODEL"
    private const ulong TailSignature = 0x4D4C004D4F44454C;     // "LEDOM\0LM"
    private const uint VersionWritten = 0x00010002, VersionReadable = 0x00010002, OldestRead = 0x00010001, WithAssemblyName = 0x00010002;

    [FieldOffset(0x00)] public ulong Signature;
    [FieldOffset(0x08)] public uint VerWritten;
    [FieldOffset(0x0C)] public uint VerReadable;
    [FieldOffset(0x10)] public long FpModel;
    [FieldOffset(0x18)] public long CbModel;
    [FieldOffset(0x20)] public long FpStringTable;              // a long a string: where its characters end
    [FieldOffset(0x28)] public long CbStringTable;
    [FieldOffset(0x30)] public long FpStringChars;
    [FieldOffset(0x38)] public long CbStringChars;
    [FieldOffset(0x40)] public ulong ModelSignature;
    [FieldOffset(0x48)] public uint ModelVerWritten;
    [FieldOffset(0x4C)] public uint ModelVerReadable;
    [FieldOffset(0x50)] public Name24 LoaderSignature;
    [FieldOffset(0x68)] public Name24 LoaderSignatureAlt;
    [FieldOffset(0x80)] public long FpTail;
    [FieldOffset(0x88)] public long FpLim;
    [FieldOffset(0x90)] public long FpAssemblyName;
    [FieldOffset(0x98)] public uint CbAssemblyName;

    /// <summary>Up to 24 one-byte characters.</summary>
    public struct Name24
    {
        private ulong _a, _b, _c;

        public static Name24 Of(string name)
        {
            Contracts.Check(name == null || name.Length <= 24);
            return new() { _a = Pack(name, 0), _b = Pack(name, 8), _c = Pack(name, 16) };
        }

        public override readonly string ToString()
            => string.Create(24, this, (chars, n) =>
            {
                for (int i = 0; i < 24; i++)
                    chars[i] = (char)((i < 8 ? n._a : i < 16 ? n._b : n._c) >> (i % 8 * 8) & 0xFF);
            }).TrimEnd('\0');
    }

    public static ulong Pack(string text, int start)
    {
        ulong packed = 0;
        for (int i = start; i < Math.Min(start + 8, text?.Length ?? 0); i++)
        {
            Contracts.Check(text[i] <= 0xFF);
            packed |= (ulong)text[i] << ((i - start) * 8);
        }
        return packed;
    }

    public static ModelHeader BeginWrite(BinaryWriter writer)
    {
        writer.Write(new byte[Size]);
        return new() { Signature = HeaderSignature, VerWritten = VersionWritten, VerReadable = VersionReadable, FpModel = Size };
    }

    public void EndWrite(BinaryWriter writer, long start, IReadOnlyList<string> strings, string loaderAssembly)
    {
        CbModel = writer.BaseStream.Position - start - FpModel;
        if (strings.Count > 0)
        {
            FpStringTable = writer.BaseStream.Position - start;
            CbStringTable = strings.Count * sizeof(long);
            FpStringChars = FpStringTable + CbStringTable;
            foreach (string s in strings)
                writer.Write(CbStringChars += s.Length * sizeof(char));
            foreach (string s in strings)
                WriteUtf16(writer, s);
        }
        if (!string.IsNullOrEmpty(loaderAssembly))
        {
            FpAssemblyName = writer.BaseStream.Position - start;
            CbAssemblyName = (uint)(loaderAssembly.Length * sizeof(char));
            WriteUtf16(writer, loaderAssembly);
        }
        FpTail = writer.BaseStream.Position - start;
        writer.Write(TailSignature);
        FpLim = writer.BaseStream.Position - start;
        writer.Flush();
        writer.BaseStream.Position = start;
        writer.Write(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in this, 1)));
        writer.Flush();
        writer.BaseStream.Position = start + FpLim;
    }

    public static ModelHeader BeginRead(BinaryReader reader, out string[] strings, out string loaderAssembly)
    {
        long start = reader.BaseStream.Position;
        byte[] bytes = reader.ReadBytes(Size);
        Contracts.CheckDecode(bytes.Length == Size);
        var header = MemoryMarshal.Read<ModelHeader>(bytes);
        header.Validate(reader.BaseStream.Length - start);
        strings = new string[header.CbStringTable / sizeof(long)];
        loaderAssembly = null;
        if (strings.Length > 0)
        {
            reader.BaseStream.Position = start + header.FpStringTable;
            long[] ends = [.. strings.Select(_ => reader.ReadInt64())];
            Contracts.CheckDecode(ends[^1] == header.CbStringChars);
            for (int i = 0; i < strings.Length; i++)
                strings[i] = ReadUtf16(reader, ends[i] - (i == 0 ? 0 : ends[i - 1]), header.CbStringChars);
        }
        if (header.HasAssemblyName)
        {
            reader.BaseStream.Position = start + header.FpAssemblyName;
            loaderAssembly = ReadUtf16(reader, header.CbAssemblyName, header.CbAssemblyName);
        }
        reader.BaseStream.Position = start + header.FpTail;
        Contracts.CheckDecode(reader.ReadUInt64() == TailSignature, "Corrupt model file tail");
        reader.BaseStream.Position = start + header.FpModel;
        return header;
    }

    public readonly void EndRead(BinaryReader reader, long start)
    {
        Contracts.CheckDecode(FpModel + CbModel == reader.BaseStream.Position - start);
        reader.BaseStream.Position = start + FpLim;
    }

    public readonly void CheckVersion(VersionInfo version)
    {
        Contracts.CheckDecode(ModelSignature == version.ModelSignature, "Unknown file type");
        Contracts.CheckDecode(ModelVerReadable <= ModelVerWritten, "Corrupt file header");
        var ours = typeof(VersionInfo).Assembly.GetName().Version;
        if (ModelVerReadable > version.VerWrittenCur)
            throw Contracts.ExceptDecode($"Cause: ML.NET {ours} cannont read component '{version.LoaderSignature}' of the model, because the model is too new.\n"
                + $"Suggestion: Make sure the model is trained with ML.NET {ours} or older.\n"
                + $"Debug details: Maximum expected version {ModelVerReadable}, got {version.VerWrittenCur}.");
        if (ModelVerWritten < version.VerWeCanReadBack)
            throw Contracts.ExceptDecode($"Cause: ML.NET {ours} cannot read component '{version.LoaderSignature}' of the model, because the model is too old.\n"
                + $"Suggestion: Make sure the model is trained with ML.NET {ours}.\n"
                + $"Debug details: Minimum expected version {ModelVerReadable}, got {version.VerWrittenCur}.");
    }

    private readonly bool HasAssemblyName => VerWritten >= WithAssemblyName && FpAssemblyName != 0;

    private readonly void Validate(long available)
    {
        Contracts.CheckDecode(Signature == HeaderSignature, "Wrong file type");
        Contracts.CheckDecode(VerReadable <= VerWritten, "Corrupt file header");
        Contracts.CheckDecode(VerReadable <= VersionWritten, "File is too new");
        Contracts.CheckDecode(VerWritten >= OldestRead, "File is too old");
        Contracts.CheckDecode(FpModel == Size && CbModel >= 0);
        long end = FpModel + CbModel;
        if (FpStringTable == 0)
            Contracts.CheckDecode(CbStringTable == 0 && FpStringChars == 0 && CbStringChars == 0);
        else
        {
            Contracts.CheckDecode(FpStringTable == end && CbStringTable > 0 && CbStringTable % sizeof(long) == 0);
            Contracts.CheckDecode(FpStringChars == FpStringTable + CbStringTable && CbStringChars >= 0 && CbStringChars % sizeof(char) == 0);
            end = FpStringChars + CbStringChars;
        }
        if (HasAssemblyName)
        {
            Contracts.CheckDecode(FpAssemblyName == end && CbAssemblyName % sizeof(char) == 0);
            end = FpAssemblyName + CbAssemblyName;
        }
        Contracts.CheckDecode(FpTail == end && FpLim == FpTail + sizeof(ulong) && FpLim <= available);
    }

    private static void WriteUtf16(BinaryWriter writer, string s)
    {
        foreach (char c in s)
            writer.Write((ushort)c);
    }

    private static string ReadUtf16(BinaryReader reader, long bytes, long limit)
    {
        Contracts.CheckDecode(bytes >= 0 && bytes <= limit && bytes % sizeof(char) == 0);
        return string.Create((int)(bytes / sizeof(char)), reader, (chars, r) =>
        {
            for (int i = 0; i < chars.Length; i++)
                chars[i] = (char)r.ReadUInt16();
        });
    }
}
