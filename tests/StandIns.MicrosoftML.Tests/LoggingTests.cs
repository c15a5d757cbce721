using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace StandIns.MicrosoftML.Tests;

[TestClass]
public sealed class LoggingTests
{
    [TestMethod]
    public void MessagesOfAChannelReachTheLog()
    {
        var ml = new MLContext(1);
        var log = new List<LoggingEventArgs>();
        ml.Log += (_, e) => log.Add(e);
        var host = ((IHostEnvironment)ml).Register("Zephyr");
        using (var channel = host.Start("Train"))
        {
            channel.Warning(MessageSensitivity.None, "careful {0}", 7);
            channel.Info(MessageSensitivity.None, "plain {not a format}");
        }

        var warning = log.Single(e => e.Kind == ChannelMessageKind.Warning);
        Assert.AreEqual(("careful 7", "Zephyr; Train"), (warning.RawMessage, warning.Source));
        Assert.AreEqual("[Source=Zephyr; Train, Kind=Warning] careful 7", warning.Message);
        Assert.AreEqual("plain {not a format}", log.Single(e => e.Kind == ChannelMessageKind.Info).RawMessage);
        Assert.AreEqual("Channel started", log[0].RawMessage);
        Assert.AreEqual("Channel disposed", log[^1].RawMessage);
    }

    [TestMethod]
    public void TheSeedFixesWhatHostsDrawByTheOrderOfTheirRegistration()
    {
        static int[] Draws(int seed)
        {
            IHostEnvironment ml = new MLContext(seed);
            return [ml.Register("A").Rand.Next(), ml.Register("B").Rand.Next(), ml.Register("C", seed: 3).Rand.Next()];
        }

        CollectionAssert.AreEqual(Draws(5), Draws(5));
        Assert.AreNotEqual(Draws(5)[0], Draws(6)[0]);
        Assert.AreNotEqual(Draws(5)[0], Draws(5)[1]);
        Assert.AreEqual(Draws(5)[2], Draws(6)[2], "an own seed stands by itself");
    }

    [TestMethod]
    public void DrawsAreTheRealPackages()
    {
        IHostEnvironment ml = new MLContext(42);
        Assert.AreEqual(460262708, ml.Register("x").Rand.Next());
        for (int i = 0; i < 6; i++)
            ml.Register("x");
        Assert.AreEqual(948283190, ml.Register("x").Rand.Next());
    }

    [TestMethod]
    public void ProgressIsReportedUntilTheChannelIsDisposed()
    {
        IHostEnvironment ml = new MLContext(1);
        var progress = ml.StartProgressChannel("Training");
        progress.SetHeader(new ProgressHeader(["loss"], ["steps"]), e => e.SetProgress(0, 1, 10));
        progress.Checkpoint(0.5, 1);
        progress.Dispose();
        Assert.ThrowsExactly<InvalidOperationException>(() => progress.Checkpoint(0.5));
    }

    [TestMethod]
    public void OptionsAreHeldByName()
    {
        var ml = new MLContext();
        Assert.IsTrue(ml.TryAddOption("a", 1));
        Assert.IsFalse(ml.TryAddOption("a", 2));
        Assert.IsTrue(ml.TryGetOption("a", out int held));
        Assert.AreEqual(1, held);
        Assert.IsFalse(ml.TryGetOption("a", out string _));
        Assert.IsTrue(ml.RemoveOption("a"));
        Assert.AreEqual(0, ml.GetOptionOrDefault<int>("a"));
    }
}
