// The members of Microsoft.ML.Core that the bridge calls, as they are declared there (facts of its metadata; internal ones made public).
// This assembly is a compile-time reference only: nothing here ever runs.
using System;
using System.IO;

namespace Microsoft.ML
{
    public interface ICanSaveModel
    {
        void Save(ModelSaveContext ctx);
    }

    public interface ITransformer : ICanSaveModel
    {
    }

    public readonly struct VersionInfo
    {
        public VersionInfo(string modelSignature, uint verWrittenCur, uint verReadableCur, uint verWeCanReadBack,
            string loaderAssemblyName, string loaderSignature = null, string loaderSignatureAlt = null) => throw null;
    }

    public sealed class RepositoryWriter
    {
    }

    public sealed class RepositoryReader
    {
    }

    public sealed class ModelSaveContext
    {
        public readonly RepositoryWriter Repository;
        public readonly BinaryWriter Writer;

        public void CheckAtModel() => throw null;
        public void SetVersionInfo(VersionInfo ver) => throw null;
        public void SaveBinaryStream(string name, Action<BinaryWriter> action) => throw null;
    }

    public sealed class ModelLoadContext
    {
        public readonly RepositoryReader Repository;
        public readonly BinaryReader Reader;

        public void CheckAtModel(VersionInfo ver) => throw null;
        public bool TryLoadBinaryStream(string name, Action<BinaryReader> action) => throw null;
    }

    public delegate void SignatureLoadModel(ModelLoadContext ctx);

    [AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
    public sealed class LoadableClassAttribute : Attribute
    {
        public LoadableClassAttribute(Type instType, Type loaderType, Type argType, Type sigType, string userName, params string[] loadNames)
        {
        }
    }
}

namespace Microsoft.ML.Runtime
{
    public interface IHostEnvironment
    {
    }
}
