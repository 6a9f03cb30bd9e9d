using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Gateway.Clusters.Discovery;

/// <summary>
/// One name, kept up to date by a loop of its own for all who use it: asked for ahead of the end of its answer, with
/// jitter; on failures with growing pauses, while the last good answer stays in use for a limited time. Made and ended by
/// <see cref="DnsHosts"/>.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Stop ends it; the loop disposes what it waits on.")]
internal sealed class DnsHost
{
    private const int MaxHistory = 16;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestNegative = TimeSpan.FromMinutes(5);

    private readonly DnsHosts _hosts;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile DnsHostState _state = new();
    private TimeSpan _retry = FirstRetry;

    public DnsHost(string name, DnsHostOptions options, DnsHosts hosts, TimeProvider time, Random random)
    {
        Name = name;
        Options = options;
        _hosts = hosts;
        _time = time;
        _random = random;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>How it is looked up.</summary>
    public DnsHostOptions Options { get; }

    /// <summary>What is known now.</summary>
    public DnsHostState State => _state;

    /// <summary>Ends with the first look-up, whatever it gave.</summary>
    public Task FirstLookUp => _first.Task;

    /// <summary>Whether the addresses are used past their time because nobody answers.</summary>
    public bool IsStale => _state is { Failures: > 0, Addresses.IsEmpty: false } state && _time.GetElapsedTime(state.AnsweredAt) > state.Ttl;

    /// <summary>Begins.</summary>
    /// <param name="urgent">Whether a request waits for the first look-up.</param>
    public void Start(bool urgent) => _ = RunAsync(urgent, _stopping.Token);

    /// <summary>Ends.</summary>
    public void Stop() => _stopping.Cancel();

    private async Task RunAsync(bool urgent, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                DnsAnswer answer = await _hosts.Resolver.ResolveAsync(Name, Options, urgent, stopping);
                urgent = false;
                DnsHostState before = _state;
                DnsHostState after = Take(before, answer, out TimeSpan pause);
                long now = _time.GetTimestamp();
                long next = Due(now, pause);
                _state = after with { NextAt = next };
                _hosts.OnLookedUp(this, answer, !before.Addresses.SequenceEqual(after.Addresses));
                _first.TrySetResult();
                await Task.Delay(_time.GetElapsedTime(now, next), _time, stopping);
            }
        }
        catch (OperationCanceledException)
        {
            _first.TrySetResult();
        }
        finally
        {
            _stopping.Dispose();
        }
    }

    /// <summary>When the next look-up is due: a little early, so that names which are due at nearly the same time wake one thread together.</summary>
    private long Due(long now, TimeSpan pause)
    {
        long grid = (long)(Together.TotalSeconds * _time.TimestampFrequency);
        long due = now + (long)(pause.TotalSeconds * _time.TimestampFrequency);
        return pause < 2 * Together ? due : due - (due % grid);
    }

    private DnsHostState Take(DnsHostState before, DnsAnswer answer, out TimeSpan pause)
    {
        if (answer.Outcome == DnsOutcome.Failed)
            return TakeFailure(before, answer, out pause);
        bool isFound = answer.Outcome == DnsOutcome.Found;
        TimeSpan ttl = isFound ? Clamp(answer.Ttl is { } said && said > TimeSpan.Zero ? said : Options.RefreshRate) : NegativeTtl(answer);
        (ImmutableArray<IPAddress> allowed, ImmutableArray<string> refused) = Guarded(answer.Addresses);
        DnsHostState after = before with
        {
            Addresses = allowed,
            Outcome = answer.Outcome,
            Detail = answer.Detail,
            Aliases = answer.Aliases,
            Refused = refused,
            AnsweredAt = _time.GetTimestamp(),
            Ttl = ttl,
            Failures = 0,
        };
        pause = isFound && !IsCountingDown(before, after) ? Ahead(ttl) : Behind(ttl);
        if (isFound)
            _retry = FirstRetry;
        bool isNew = before.Outcome != answer.Outcome || !before.Addresses.SequenceEqual(allowed) || !before.Refused.SequenceEqual(refused);
        return isNew ? Note(after, after.Problem ?? string.Join(", ", allowed.Take(8)) + (allowed.Length > 8 ? $" and {allowed.Length - 8} more" : "")) : after;
    }

    private DnsHostState TakeFailure(DnsHostState before, DnsAnswer answer, out TimeSpan pause)
    {
        DnsHostState after = before with { Outcome = DnsOutcome.Failed, Detail = answer.Detail, Failures = before.Failures + 1 };
        pause = Behind(_retry);
        _retry = Min(_retry * 2, Options.RefreshRate);
        if (!before.Addresses.IsEmpty)
        {
            TimeSpan left = before.Ttl + Options.StaleFor - _time.GetElapsedTime(before.AnsweredAt);
            if (left <= TimeSpan.Zero)
                return Note(after with { Addresses = [] }, $"given up after {Options.StaleFor}: {answer.Detail}");
            pause = Min(pause, left + TimeSpan.FromMilliseconds(1));
        }
        return before.Failures == 0 ? Note(after, before.Addresses.IsEmpty ? answer.Detail : $"{answer.Detail}; the last good answer stays in use") : after;
    }

    /// <summary>
    /// Whether a resolver's cache has given the answer it gave before: asking ahead of its end again and again would give
    /// shorter and shorter times.
    /// </summary>
    private bool IsCountingDown(DnsHostState before, DnsHostState after) =>
        before is { Outcome: DnsOutcome.Found } && before.Addresses.SequenceEqual(after.Addresses)
        && after.Ttl < before.Ttl && after.Ttl <= before.Ttl - _time.GetElapsedTime(before.AnsweredAt) + TimeSpan.FromSeconds(1);

    private TimeSpan NegativeTtl(DnsAnswer answer)
    {
        if (answer.Ttl is { } said)
            return Min(said < Options.MinTtl ? Options.MinTtl : said, LongestNegative);
        TimeSpan pause = _retry;
        _retry = Min(_retry * 2, Options.RefreshRate);
        return pause;
    }

    private (ImmutableArray<IPAddress>, ImmutableArray<string>) Guarded(ImmutableArray<IPAddress> addresses)
    {
        var allowed = ImmutableArray.CreateBuilder<IPAddress>(addresses.Length);
        ImmutableArray<string> refused = [];
        foreach (IPAddress address in addresses)
        {
            if (Options.Guard.Refusal(address, _hosts.OwnAddresses) is { } reason)
                refused = refused.Add(reason);
            else if (!allowed.Contains(address))
                allowed.Add(address);
        }
        _hosts.CountRefused(refused.Length);
        return (allowed.ToImmutable(), refused);
    }

    private DnsHostState Note(DnsHostState state, string what)
    {
        ImmutableArray<DnsChange> history = state.History.Length < MaxHistory ? state.History : state.History.RemoveAt(0);
        return state with { History = history.Add(new DnsChange(_time.GetUtcNow(), what)) };
    }

    // Between 80 and 95 percent of the time: many names with one TTL do not stay together.
    private TimeSpan Ahead(TimeSpan ttl) => ttl * (0.8 + (0.15 * _random.NextDouble()));

    private TimeSpan Behind(TimeSpan time) => time * (1 + (0.1 * _random.NextDouble()));

    private TimeSpan Clamp(TimeSpan ttl) => ttl < Options.MinTtl ? Options.MinTtl : Min(ttl, Options.MaxTtl);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
