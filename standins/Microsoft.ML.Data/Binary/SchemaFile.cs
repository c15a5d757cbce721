using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

internal static class SchemaFile
{
    public static void Write(DataViewSchema schema, Stream stream, IChannel channel) { }
    public static DataViewSchema Read(Stream stream) => null;
}
