using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>What a component saves itself into: a model stream of its own, and further entries beside it.</summary>
public sealed class ModelSaveContext : IDisposable
{
    internal readonly RepositoryWriter Repository;
    internal readonly string Directory;
    internal readonly BinaryWriter Writer;
    internal readonly long FpMin;
    internal ModelHeader Header;
    private readonly StringTable _strings = new();
    private readonly RepositoryEntry _entry;
    private string _loaderAssembly;

    internal ModelSaveContext(RepositoryWriter repository, string dir, string name)
    {
        Contracts.CheckValue(repository, nameof(repository));
        Contracts.CheckNonEmpty(name, nameof(name));
        Repository = repository;
        Directory = dir;
        _entry = repository.CreateEntry(dir, name);
        Writer = new BinaryWriter(_entry.Stream, Encoding.UTF8, leaveOpen: true);
        Header = ModelHeader.BeginWrite(Writer);
    }

    internal ModelSaveContext(BinaryWriter writer)
    {
        Contracts.CheckValue(writer, nameof(writer));
        Writer = writer;
        FpMin = writer.BaseStream.Position;
        Header = ModelHeader.BeginWrite(writer);
    }

    internal bool InRepository => Repository != null;

    internal void CheckAtModel() => Contracts.Check(Writer.BaseStream.Position == FpMin + Header.FpModel);

    internal void SetVersionInfo(VersionInfo ver)
    {
        Header.ModelSignature = ver.ModelSignature;
        Header.ModelVerWritten = ver.VerWrittenCur;
        Header.ModelVerReadable = ver.VerReadableCur;
        Header.LoaderSignature = ModelHeader.Name24.Of(ver.LoaderSignature);
        Header.LoaderSignatureAlt = ModelHeader.Name24.Of(ver.LoaderSignatureAlt);
        _loaderAssembly = ver.LoaderAssemblyName;
    }

    internal void SaveString(string str)
    {
        Contracts.CheckValue(str, nameof(str));
        Writer.Write(_strings.Add(str));
    }

    internal void SaveStringOrNull(string str) => Writer.Write(str == null ? -1 : _strings.Add(str));

    internal void SaveNonEmptyString(string str)
    {
        Contracts.CheckParam(!string.IsNullOrEmpty(str), nameof(str));
        SaveString(str);
    }

    internal void SaveTextStream(string name, Action<TextWriter> action)
        => SaveEntry(name, action, stream => new StreamWriter(stream, Encoding.UTF8, leaveOpen: true));

    internal void SaveBinaryStream(string name, Action<BinaryWriter> action)
        => SaveEntry(name, action, stream => new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true));

    internal void SaveModel<T>(T value, string name) where T : class
    {
        Contracts.Check(InRepository, "Can't save a sub-model when writing to a single stream");
        SaveModel(Repository, value, Path.Combine(Directory ?? "", name));
    }

    internal static void SaveModel<T>(RepositoryWriter repository, T value, string path) where T : class
    {
        if (value is not ICanSaveModel model)
            return;
        using var ctx = new ModelSaveContext(repository, path, ModelLoadContext.ModelStreamName);
        model.Save(ctx);
        ctx.Done();
    }

    internal void Done()
    {
        Contracts.Check(Header.ModelSignature != 0, "ModelSignature not specified!");
        Header.EndWrite(Writer, FpMin, _strings.Strings, _loaderAssembly);
        Dispose();
    }

    public void Dispose()
    {
        if (!InRepository)
            return;
        Writer.Dispose();
        _entry.Dispose();
    }

    private void SaveEntry<TWriter>(string name, Action<TWriter> action, Func<Stream, TWriter> open) where TWriter : IDisposable
    {
        Contracts.Check(InRepository, "Can't save a text stream when writing to a single stream");
        Contracts.CheckNonEmpty(name, nameof(name));
        Contracts.CheckValue(action, nameof(action));
        using var entry = Repository.CreateEntry(Directory, name);
        using var writer = open(entry.Stream);
        action(writer);
    }
}
