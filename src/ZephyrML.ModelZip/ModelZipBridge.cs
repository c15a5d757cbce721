using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace ZephyrML.ModelZip;

/// <summary>
/// Lets the project's transformers live in an ML.NET model zip: <c>ml.Model.Save</c> writes them, a bare <c>ml.Model.Load</c> in a new process reads them.
/// A part of the zip names itself by an id of a fixed table; nothing in a zip names a type or an assembly of ours, so loading executes nothing that a zip brings.
/// </summary>
public static class ModelZipBridge
{
    /// <summary>The newest format of the main stream that this version writes and reads.</summary>
    public const int FormatVersion = 1;

    internal const string LoaderSignature = "ZephyrML";

    // Where the table of ids stands: known names, never names from a zip. Looked up by name because that assembly references this one.
    private const string TableAssembly = "ZephyrML.Transforms";
    private const string TableType = "ZephyrML.Transforms.ModelZipTable";

    private static readonly Lazy<IReadOnlyDictionary<string, ZipLoader>> Loaders = new(FindLoaders);

    // What belongs to one save and to one load, by ML.NET's own object for it.
    private static readonly ConditionalWeakTable<object, HashSet<string>> Claimed = [];
    private static readonly ConditionalWeakTable<object, Dictionary<string, object>> Shared = [];

    /// <summary>Writes a transformer's part: a header in the main stream, and named blobs beside it.</summary>
    /// <param name="context">What ML.NET hands to <see cref="ICanSaveModel.Save"/>.</param>
    /// <param name="id">The part's id: a key of the fixed table of loaders.</param>
    /// <param name="header">Writes the header.</param>
    /// <param name="blobs">The blobs: a name, and what writes the content.</param>
    public static void Save(ModelSaveContext context, string id, Action<BinaryWriter> header, IEnumerable<(string Name, Action<Stream> Write)> blobs)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(blobs);
        context.CheckAtModel();
        context.SetVersionInfo(Version());
        context.Writer.Write(FormatVersion);
        context.Writer.Write(id);
        header(context.Writer);
        foreach (var (name, write) in blobs)
            context.SaveBinaryStream(name, writer => write(writer.BaseStream));
    }

    /// <summary>Whether nobody has claimed this key in the zip that is being saved; from now on it is claimed. So equal weights are written once.</summary>
    /// <param name="context">What ML.NET hands to <see cref="ICanSaveModel.Save"/>.</param>
    /// <param name="key">The key.</param>
    /// <returns>True the first time.</returns>
    public static bool Claim(ModelSaveContext context, string key)
    {
        ArgumentNullException.ThrowIfNull(context);
        var claimed = Claimed.GetValue(context.Repository, _ => []);
        lock (claimed)
            return claimed.Add(key);
    }

    private static VersionInfo Version() => new("ZEPHYRML", 0x00010001, 0x00010001, 0x00010001, typeof(ModelZipBridge).Assembly.GetName().Name, LoaderSignature);

    // ML.NET finds this method by its name and shape.
    private static ITransformer Create(IHostEnvironment environment, ModelLoadContext context)
    {
        context.CheckAtModel(Version());
        var format = context.Reader.ReadInt32();
        if (format is < 1 or > FormatVersion)
            throw new InvalidDataException(
                $"The model zip was written in format {format} of ZephyrML; this version ({typeof(ModelZipBridge).Assembly.GetName().Version}) reads formats 1 to {FormatVersion}. " +
                "Load it with a newer version.");
        var id = context.Reader.ReadString();
        if (!Loaders.Value.TryGetValue(id, out var load))
            throw new InvalidDataException($"The model zip holds a part '{id}' that this version of ZephyrML does not know; it knows {string.Join(", ", Loaders.Value.Keys)}.");
        return load(new ZipPart(environment, context, format, Shared.GetValue(context.Repository, _ => [])));
    }

    private static IReadOnlyDictionary<string, ZipLoader> FindLoaders()
    {
        Assembly assembly;
        try
        {
            assembly = Assembly.Load(TableAssembly);
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException or BadImageFormatException)
        {
            throw new InvalidOperationException($"The model zip holds ZephyrML transformers, but the assembly {TableAssembly} is not beside the application: reference it.", e);
        }
        var table = assembly.GetType(TableType, throwOnError: true)!.GetProperty("Loaders", BindingFlags.Static | BindingFlags.NonPublic)
            ?? throw new InvalidOperationException($"{TableAssembly} and {typeof(ModelZipBridge).Assembly.GetName().Name} are of different versions: install them together.");
        return (IReadOnlyDictionary<string, ZipLoader>)table.GetValue(null)!;
    }
}
