using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using Gateway.Config;
using Gateway.Snapshot.Compilation;

namespace Gateway.Benchmarks;

/// <summary>From texts to a snapshot, whole and after one change, warm. The cold times of whole processes stand in the summary.</summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, warmupCount: 2, iterationCount: 5)]
public class LoadingBenchmarks
{
    private readonly ConfigLoader _loader = new();
    private ConfigDocument[] _documents = [];
    private int _version;

    [GlobalSetup]
    public void Setup()
    {
        _documents = [.. Fleet.ManyHosts(MatchingBenchmarks.Hosts)];
        _loader.Load(_documents);
    }

    [Benchmark]
    public object LoadAndCompileAll() => CompiledFleet.Compile(_documents);

    [Benchmark]
    public object ReloadOneOfAll()
    {
        ConfigDocument old = _documents[^1];
        _documents[^1] = old with { Text = System.Text.Encoding.UTF8.GetBytes(Fleet.VirtualService(MatchingBenchmarks.Hosts - 1, $"v{_version++}")) };
        return SnapshotCompiler.Compile(_loader.Load(_documents).Config, new()).Snapshot;
    }
}
