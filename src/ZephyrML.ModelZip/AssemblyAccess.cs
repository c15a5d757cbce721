using System.Runtime.CompilerServices;
using Microsoft.ML;
using ZephyrML.ModelZip;

// ML.NET's model zip is closed to third parties; the runtime honours this attribute, and with it a zip loads by a bare ml.Model.Load.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: LoadableClass(typeof(ITransformer), typeof(ModelZipBridge), null, typeof(SignatureLoadModel), "ZephyrML transformers", ModelZipBridge.LoaderSignature)]

namespace System.Runtime.CompilerServices
{
    [AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
    internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
    {
        public string AssemblyName { get; } = assemblyName;
    }
}
