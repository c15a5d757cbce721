using ZephyrML.Benchmarks;

if (args is ["rouge", .. var rouge])
{
    Console.WriteLine(RougeBenchmark.Run(rouge));
    return 0;
}
if (args is ["loading", .. var loading])
{
    Console.WriteLine(LoadingBenchmark.Run(loading));
    return 0;
}
if (args is ["decoding", .. var decoding])
{
    Console.WriteLine(DecodingBenchmark.Run(decoding));
    return 0;
}
if (args is ["teacher", .. var teacher])
{
    Console.WriteLine(TeacherBenchmark.Run(teacher));
    return 0;
}
if (args is ["tokenizing", .. var tokenizing])
{
    Console.WriteLine(TokenizerBenchmark.Run(tokenizing));
    return 0;
}
if (args is not ["training", .. var rest])
{
    Console.Error.WriteLine("usage: training [--shape 1m|10m|40m|135m] [--rows rows.jsonl] [--task sft|dpo|both] [--batch 4] [--steps 8] [--warmup 2] [--packing none|bestfit]");
    Console.Error.WriteLine("       decoding [--shape 10m | --folder model] [--prompt 64] [--tokens 48] [--turns 3]");
    Console.Error.WriteLine("       loading [--folder model]");
    Console.Error.WriteLine("       rouge [--count 100000] [--words 20000] [--exponent 1] [--limit 0.7] [--copies 0.05] [--seed 1]");
    Console.Error.WriteLine("       teacher [--calls 4000] [--concurrency 64] [--latency 50]");
    Console.Error.WriteLine("       tokenizing --tokenizer FOLDER --text FILE [--seconds 2] [--threads 2]    (files may be gzip'ed)");
    return 2;
}
Console.WriteLine(TrainingBenchmark.Run(rest));
return 0;
