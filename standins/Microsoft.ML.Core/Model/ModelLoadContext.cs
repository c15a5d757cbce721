using System.Reflection;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

internal delegate void SignatureLoadModel(ModelLoadContext ctx);

/// <summary>What a component loads itself from; it must read its model stream exactly to the end.</summary>
internal sealed class ModelLoadContext : IDisposable
{
    public const string ModelStreamName = "Model.key";

    public readonly RepositoryReader Repository;
    public readonly string Directory;
    public readonly BinaryReader Reader;
    public readonly string[] Strings;
    public readonly string LoaderAssemblyName;
    public readonly long FpMin;
    internal ModelHeader Header;

    internal ModelLoadContext(RepositoryReader repository, RepositoryEntry entry, string dir)
    {
        Repository = repository;
        Directory = dir;
        Reader = new BinaryReader(entry.Stream, Encoding.UTF8, leaveOpen: true);
        Header = ModelHeader.BeginRead(Reader, out Strings, out LoaderAssemblyName);
    }

    internal ModelLoadContext(BinaryReader reader)
    {
        Contracts.CheckValue(reader, nameof(reader));
        Reader = reader;
        FpMin = reader.BaseStream.Position;
        Header = ModelHeader.BeginRead(reader, out Strings, out LoaderAssemblyName);
    }

    public bool InRepository => Repository != null;

    public void CheckAtModel() => Contracts.Check(Reader.BaseStream.Position == FpMin + Header.FpModel);

    public void CheckAtModel(VersionInfo ver)
    {
        CheckAtModel();
        Header.CheckVersion(ver);
    }

    public string LoadString() => LoadStringOrNull() ?? throw Contracts.ExceptDecode();

    public string LoadStringOrNull()
    {
        int id = Reader.ReadInt32();
        Contracts.CheckDecode(-1 <= id && id < Strings.Length);
        return id < 0 ? null : Strings[id];
    }

    public string LoadNonEmptyString()
    {
        string s = LoadString();
        Contracts.CheckDecode(s.Length > 0);
        return s;
    }

    public bool TryLoadBinaryStream(string name, Action<BinaryReader> action)
        => TryLoadEntry(name, action, stream => new BinaryReader(stream, Encoding.UTF8, leaveOpen: true));

    public bool TryLoadTextStream(string name, Action<TextReader> action) => TryLoadEntry(name, action, stream => new StreamReader(stream));

    public void LoadModel<TRes, TSig>(IHostEnvironment env, out TRes result, string name) where TRes : class
    {
        Contracts.Check(InRepository, "Can't load a sub-model when reading from a single stream");
        LoadModel<TRes, TSig>(env, out result, Repository, Path.Combine(Directory ?? "", name));
    }

    public static void LoadModel<TRes, TSig>(IHostEnvironment env, out TRes result, RepositoryReader repository, string dir) where TRes : class
    {
        if (!LoadModelOrNull<TRes, TSig>(env, out result, repository, dir))
            throw Contracts.ExceptDecode("Corrupt model file");
    }

    public static bool LoadModelOrNull<TRes, TSig>(IHostEnvironment env, out TRes result, RepositoryReader repository, string dir) where TRes : class
    {
        result = null;
        using var entry = repository.OpenEntryOrNull(dir, ModelStreamName);
        if (entry == null)
            return false;
        using var ctx = new ModelLoadContext(repository, entry, dir);
        result = ctx.Create<TRes, TSig>(env) ?? throw Contracts.ExceptDecode($"Couldn't load model: '{dir}'");
        return true;
    }

    public void Dispose()
    {
        if (InRepository)
            Reader.Dispose();
    }

    private TRes Create<TRes, TSig>(IHostEnvironment env) where TRes : class
    {
        if (!string.IsNullOrEmpty(LoaderAssemblyName))
            env.ComponentCatalog.RegisterAssembly(Assembly.Load(new AssemblyName(LoaderAssemblyName)));
        foreach (string signature in new[] { Header.LoaderSignature.ToString(), Header.LoaderSignatureAlt.ToString() })
        {
            if (string.IsNullOrWhiteSpace(signature) || !env.ComponentCatalog.TryCreate(env, typeof(TSig), signature, this, out object created))
                continue;
            if (created is TRes result)
            {
                Header.EndRead(Reader, FpMin);
                return result;
            }
        }
        return null;
    }

    private bool TryLoadEntry<TReader>(string name, Action<TReader> action, Func<Stream, TReader> open) where TReader : IDisposable
    {
        Contracts.Check(InRepository, "Can't Load a sub-model when reading from a single stream");
        Contracts.CheckNonEmpty(name, nameof(name));
        Contracts.CheckValue(action, nameof(action));
        using var entry = Repository.OpenEntryOrNull(Directory, name);
        if (entry == null)
            return false;
        using var reader = open(entry.Stream);
        action(reader);
        return true;
    }
}
