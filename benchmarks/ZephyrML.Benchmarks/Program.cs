using ZephyrML.Benchmarks;

if (args is not ["training", .. var rest])
{
    Console.Error.WriteLine("usage: training [--shape 1m|10m|40m|135m] [--rows rows.jsonl] [--task sft|dpo|both] [--batch 4] [--steps 8] [--warmup 2] [--packing none|bestfit]");
    return 2;
}
Console.WriteLine(TrainingBenchmark.Run(rest));
return 0;
