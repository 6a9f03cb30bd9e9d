using System.Collections.Immutable;
using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Snapshot;
using Gateway.Sources;
using Gateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Sources;

public sealed class ConfigPipelineTests : IAsyncDisposable
{
    private readonly WaitableTimeProvider _time = new();
    private readonly CountingSource _source = new(Document("one"));
    private readonly List<string> _loaded = [];
    private readonly List<GatewaySnapshot> _published = [];
    private readonly List<PipelineResult> _results = [];
    private readonly ConfigPipeline _pipeline;
    private Func<string, ImmutableArray<Diagnostic>> _load = _ => [];
    private Func<CancellationToken, Task> _publish = _ => Task.CompletedTask;

    public ConfigPipelineTests()
    {
        ConfigSteps steps = new(Load, _ => new CompileResult(EmptySnapshot(), []), PublishAsync);
        _pipeline = new ConfigPipeline([_source], null, steps, _time, NullLogger<ConfigPipeline>.Instance) { PassEnded = _results.Add };
    }

    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();

    [Fact]
    public async Task The_first_pass_publishes_generation_one()
    {
        PipelineResult result = await _pipeline.StartAsync(allowErrors: false, default);

        Assert.True(result.Succeeded);
        Assert.Equal(1, result.Generation);
        Assert.Same(_published.Single(), _pipeline.Last.Snapshot);
    }

    [Fact]
    public async Task Errors_at_the_start_publish_nothing_unless_they_are_allowed()
    {
        _load = _ => [Error()];

        Assert.False((await _pipeline.StartAsync(allowErrors: false, default)).Succeeded);
        Assert.Empty(_published);
    }

    [Fact]
    public async Task Errors_at_the_start_can_be_allowed()
    {
        _load = _ => [Error()];

        PipelineResult result = await _pipeline.StartAsync(allowErrors: true, default);

        Assert.True(result.Succeeded);
        Assert.Single(result.Diagnostics);
        Assert.Single(_published);
    }

    [Fact]
    public async Task A_change_is_taken_up_after_a_tenth_of_a_second_of_quiet()
    {
        await StartedAsync();

        _source.Replace(Document("two"));
        await AdvanceAsync(TimeSpan.FromMilliseconds(99));
        Assert.Single(_published);
        await AdvanceAsync(TimeSpan.FromMilliseconds(1));

        await Eventually.HoldsAsync(() => _pipeline.Last.Generation == 2, "the change is in force");
        Assert.Equal(["one", "two"], _loaded);
    }

    [Fact]
    public async Task Changes_that_never_end_are_taken_up_after_two_seconds()
    {
        await StartedAsync();

        for (int i = 0; i < 39; i++)
        {
            _source.Replace(Document($"{i}"));
            await AdvanceAsync(TimeSpan.FromMilliseconds(50));
        }
        Assert.Single(_published);
        _source.Replace(Document("last"));
        await AdvanceAsync(TimeSpan.FromMilliseconds(50));

        await Eventually.HoldsAsync(() => _pipeline.Last.Generation == 2, "the change is in force");
        Assert.Equal(["one", "last"], _loaded);
    }

    [Fact]
    public async Task A_notice_without_a_change_costs_no_pass()
    {
        await StartedAsync();

        _pipeline.RequestReload();
        await AdvanceAsync(ConfigPipeline.Quiet);
        await Eventually.HoldsAsync(() => _source.Listings == 3, "the sources were listed again");
        _source.Replace(Document("two"));
        await AdvanceAsync(ConfigPipeline.Quiet);

        await Eventually.HoldsAsync(() => _pipeline.Last.Generation == 2, "the change is in force");
        Assert.Equal(2, _results.Count);
    }

    [Fact]
    public async Task A_full_reload_makes_a_pass_without_a_change()
    {
        await StartedAsync();

        _pipeline.RequestFullReload();
        await AdvanceAsync(ConfigPipeline.Quiet);

        await Eventually.HoldsAsync(() => _pipeline.Last.Generation == 2, "the pass has ended");
        Assert.Equal(["one", "one"], _loaded);
    }

    [Fact]
    public async Task A_failing_step_is_reported_and_what_was_in_force_stays()
    {
        await StartedAsync();
        _publish = _ => throw new InvalidOperationException("broken");

        _source.Replace(Document("two"));
        await AdvanceAsync(ConfigPipeline.Quiet);
        await Eventually.HoldsAsync(() => _results.Count == 2, "the pass has ended");

        Assert.False(_pipeline.Last.Succeeded);
        Assert.Equal(1, _pipeline.Last.Generation);
        Assert.Equal("GW0008", Assert.Single(_pipeline.Last.Diagnostics).Code);
        Assert.Same(_published.Single(), _pipeline.Last.Snapshot);

        _publish = _ => Task.CompletedTask;
        _source.Replace(Document("three"));
        await AdvanceAsync(ConfigPipeline.Quiet);
        await Eventually.HoldsAsync(() => _pipeline.Last.Generation == 2, "the next change is in force");
    }

    [Fact]
    public async Task A_change_during_a_pass_waits_for_the_next_one()
    {
        await StartedAsync();
        TaskCompletionSource inside = new();
        TaskCompletionSource go = new();
        _publish = async _ =>
        {
            inside.TrySetResult();
            await go.Task;
        };

        _source.Replace(Document("two"));
        await AdvanceAsync(ConfigPipeline.Quiet);
        await inside.Task.WaitAsync(Eventually.Deadline);
        _source.Replace(Document("three"));
        _time.Advance(ConfigPipeline.LongestDebounce);
        Assert.Equal(["one", "two"], _loaded);
        go.SetResult();

        await Eventually.HoldsAsync(() => _pipeline.Last.Generation == 3, "both changes are in force");
        Assert.Equal(["one", "two", "three"], _loaded);
    }

    private async Task StartedAsync()
    {
        await _pipeline.StartAsync(allowErrors: false, default);
        // The look right after the start finds nothing new.
        await AdvanceAsync(ConfigPipeline.Quiet);
        await Eventually.HoldsAsync(() => _source.Listings == 2, "the sources were listed again");
    }

    /// <summary>Moves the clock once the loop waits for it.</summary>
    private async Task AdvanceAsync(TimeSpan time)
    {
        await Eventually.HoldsAsync(() => _time.PendingTimers > 0, "the loop waits for the clock");
        _time.Advance(time);
    }

    private LoadResult Load(IReadOnlyList<ConfigDocument> documents, ConfigDocument? mesh)
    {
        string text = Encoding.UTF8.GetString(documents.Single().Text.Span);
        _loaded.Add(text);
        return new LoadResult(ConfigSet.Empty, _load(text));
    }

    private async Task<IReadOnlyList<Diagnostic>> PublishAsync(GatewaySnapshot snapshot, CancellationToken cancellationToken)
    {
        await _publish(cancellationToken);
        _published.Add(snapshot);
        return [];
    }

    private static Diagnostic Error() => new("GW0104", Severity.Error, "bad", new SourceLocation("x.yaml", 1, 2));

    private static ConfigDocument Document(string text) => new("memory", Encoding.UTF8.GetBytes(text));

    private static GatewaySnapshot EmptySnapshot() => new()
    {
        Listeners = [],
        Clusters = [],
        Secrets = ImmutableDictionary<string, Resource<SecretSpec>>.Empty,
        Mesh = MeshConfig.Default,
    };

    private sealed class CountingSource(ConfigDocument document) : IConfigSource
    {
        private readonly MemoryConfigSource _inner = new([document]);
        private int _listings;

        public int Listings => Volatile.Read(ref _listings);

        public void Replace(ConfigDocument document) => _inner.Replace([document]);

        public async ValueTask<SourceListing> ListAsync(CancellationToken cancellationToken)
        {
            SourceListing listing = await _inner.ListAsync(cancellationToken);
            Interlocked.Increment(ref _listings);
            return listing;
        }

        public void Watch(Action changed) => _inner.Watch(changed);

        public ValueTask DisposeAsync() => _inner.DisposeAsync();
    }
}
