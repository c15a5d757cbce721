using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Format and loader of one model stream.</summary>
internal readonly struct VersionInfo
{
    public readonly ulong ModelSignature;
    public readonly uint VerWrittenCur, VerReadableCur, VerWeCanReadBack;
    public readonly string LoaderAssemblyName, LoaderSignature, LoaderSignatureAlt;

    public VersionInfo(string modelSignature, uint verWrittenCur, uint verReadableCur, uint verWeCanReadBack,
        string loaderAssemblyName, string loaderSignature = null, string loaderSignatureAlt = null)
    {
        Contracts.Check(modelSignature?.Length == 8, "Model signature must be eight characters");
        ModelSignature = ModelHeader.Pack(modelSignature.Replace(' ', '\0'), 0);
        (VerWrittenCur, VerReadableCur, VerWeCanReadBack) = (verWrittenCur, verReadableCur, verWeCanReadBack);
        (LoaderAssemblyName, LoaderSignature, LoaderSignatureAlt) = (loaderAssemblyName, loaderSignature, loaderSignatureAlt);
    }
}
