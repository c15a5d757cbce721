// Asks a saved model: LoadAndReply ZIP PROMPT...   One reply to each prompt, in order. Needs the zip alone: no teacher, no key, no download.
using Microsoft.ML;
using ZephyrML;

if (args.Length < 2)
{
    Console.Error.WriteLine("usage: LoadAndReply ZIP PROMPT...");
    Console.Error.WriteLine("example: LoadAndReply artifacts/quickstart/zephyr.zip \"Will it rain tomorrow?\"");
    return 2;
}
if (!File.Exists(args[0]))
{
    Console.Error.WriteLine($"LoadAndReply: there is no model zip '{args[0]}'. (./build.sh quickstart makes artifacts/quickstart/zephyr.zip.)");
    return 2;
}
try
{
    var ml = new MLContext();
    var model = ml.Model.Load(args[0], out _);
    using var engine = ml.Model.CreatePredictionEngine<Prompt, Reply>(model);
    foreach (var prompt in args[1..])
        Console.WriteLine(engine.Predict(new Prompt { Text = prompt }).Text);
    return 0;
}
catch (Exception e)
{
    var cause = e.GetBaseException();
    Console.Error.WriteLine($"LoadAndReply: '{args[0]}' cannot be loaded or asked: {e.Message}{(cause == e ? "" : $" ({cause.Message})")}");
    return 1;
}
