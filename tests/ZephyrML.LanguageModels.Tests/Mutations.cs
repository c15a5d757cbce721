namespace ZephyrML.LanguageModels.Tests;

internal static class Mutations
{
    /// <summary>Reads broken copies of a file: bytes changed, cut out, put in, cut off. Each must be read or be refused as InvalidDataException; gives how many were refused.</summary>
    public static int Run(byte[] original, int count, params Action<Stream>[] readers)
    {
        var random = new Random(7);
        int refused = 0;
        for (int i = 0; i < count; i++)
        {
            var bytes = original.ToList();
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                int at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Count, 64) : bytes.Count);
                switch (random.Next(5))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                    case 2: bytes.RemoveAt(at); break;
                    case 3: bytes.Insert(at, (byte)"0123456789[]{},:\"-eF"[random.Next(20)]); break;
                    case 4: bytes.RemoveRange(at, bytes.Count - at); bytes.Add(0); break;
                }
            }
            foreach (var read in readers)
            {
                try
                {
                    read(new MemoryStream([.. bytes]));
                }
                catch (InvalidDataException)
                {
                    refused++;
                }
                catch (Exception e)
                {
                    Assert.Fail($"Mutation {i} gave {e}");
                }
            }
        }
        return refused / readers.Length;
    }
}
