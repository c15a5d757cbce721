namespace ZephyrML.LanguageModels.Tests;

[TestClass]
public sealed class MappedStreamTests
{
    private string _file = "";

    [TestInitialize]
    public void MakeFile() => _file = Path.GetTempFileName();

    [TestCleanup]
    public void RemoveFile() => File.Delete(_file);

    [TestMethod]
    public void BytesAreThoseOfTheFileAcrossWindows()
    {
        var bytes = new byte[(32 << 20) + 12345];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(_file, bytes);
        using var stream = MappedStream.Of(File.OpenRead(_file));
        Assert.IsInstanceOfType<MappedStream>(stream);
        Assert.AreEqual(bytes.Length, stream.Length);
        foreach (var (at, count) in new[] { (0, 100), ((16 << 20) - 50, 100), (5, (32 << 20) + 7), (bytes.Length - 10, 10), (3, 1) })
        {
            var read = new byte[count];
            stream.Seek(at, SeekOrigin.Begin);
            stream.ReadExactly(read);
            Assert.IsTrue(bytes.AsSpan(at, count).SequenceEqual(read), $"{count} bytes at {at}");
        }
        stream.Position = bytes.Length;
        Assert.AreEqual(-1, stream.ReadByte());
        Assert.AreEqual(0, stream.Read(new byte[4]));
        Assert.ThrowsExactly<EndOfStreamException>(() => stream.ReadExactly(new byte[1]));
    }

    [TestMethod]
    public void WhatCannotBeMappedIsReadAsItIs()
    {
        using var empty = MappedStream.Of(File.OpenRead(_file));
        Assert.IsNotInstanceOfType<MappedStream>(empty);
        using var memory = new MemoryStream(new byte[3]);
        Assert.AreSame(memory, MappedStream.Of(memory));
    }

    [TestMethod]
    public void AFileCanBeReplacedOnceItWasRead()
    {
        File.WriteAllBytes(_file, [1, 2, 3]);
        using (var stream = MappedStream.Of(File.OpenRead(_file))) Assert.AreEqual(1, stream.ReadByte());
        File.WriteAllBytes(_file, [4]);
        using var again = MappedStream.Of(File.OpenRead(_file));
        Assert.AreEqual(4, again.ReadByte());
    }
}
