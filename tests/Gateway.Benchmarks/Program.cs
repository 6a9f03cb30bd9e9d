using BenchmarkDotNet.Running;
using Gateway.Benchmarks;

return args switch
{
    ["--summary"] => await Summary.RunAsync(Console.Out, null),
    ["--summary", string part] => await Summary.RunAsync(Console.Out, part),
    [ProcessScenario.Option, string name] => await ProcessScenario.RunAsync(name, Console.Out),
    _ => BenchmarkSwitcher.FromAssembly(typeof(Fleet).Assembly).Run(args).Any() ? 0 : 1,
};
