using ZephyrML.Tokenizers.Tests;

namespace ZephyrML.LanguageModels.Tests;

/// <summary>Broken copies of a file. Each must be read, or be refused with an error that names what is wrong: within a second, and with at most 256 MiB of allocations.</summary>
internal static class Mutations
{
    /// <summary>How many: all where the run may take its time.</summary>
    public static int Count(int fast) => Environment.GetEnvironmentVariable("ZEPHYR_SOAK") == "1" ? 10_000 : fast;

    /// <summary>Reads copies with bytes changed, cut out, put in, cut off; gives how many were refused.</summary>
    /// <param name="original">The file.</param>
    /// <param name="count">How many copies.</param>
    /// <param name="source">What errors call the file; each must.</param>
    /// <param name="readers">What reads them.</param>
    public static int Run(byte[] original, int count, string source, params Action<Stream>[] readers)
    {
        var random = new Random(7);
        int refused = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] bytes = Broken(original, random);
            foreach (var read in readers)
                if (Refuses(() => read(new MemoryStream(bytes)), $"mutation {i}", source)) refused++;
        }
        return refused / readers.Length;
    }

    /// <summary>Whether something is refused; any other end but success is a failure, and so is an error that does not name the file.</summary>
    public static bool Refuses(Action read, string what, string source)
    {
        bool refused = false;
        Bounded.Run(() =>
        {
            try
            {
                read();
                refused = false;
            }
            catch (Exception e) when (e is InvalidDataException or NotSupportedException)
            {
                refused = true;
                Assert.IsTrue(e.Message.Contains(source) && e.Message.Length > source.Length + 12, $"{what}: the error does not say what is wrong: {e.Message}");
            }
            catch (Exception e) when (e is not AssertFailedException)
            {
                Assert.Fail($"{what} gave {e}");
            }
        }, () => what);
        return refused;
    }

    private static byte[] Broken(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (int n = random.Next(1, 4); n > 0; n--)
        {
            int at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Count, 64) : bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.RemoveAt(at); break;
                case 3: bytes.Insert(at, (byte)"0123456789[]{},:\"-eF"[random.Next(20)]); break;
                case 4: bytes.RemoveRange(at, bytes.Count - at); bytes.Add(0); break;
                case 5:
                    // A number that claims much.
                    for (int i = at; i < Math.Min(bytes.Count, at + random.Next(1, 9)); i++) bytes[i] = (byte)(random.Next(3) == 0 ? 0x7f : 0xff);
                    break;
            }
        }
        return [.. bytes];
    }
}
