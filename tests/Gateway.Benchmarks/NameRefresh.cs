using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Gateway.Clusters.Discovery;
using Gateway.Testing;

namespace Gateway.Benchmarks;

/// <summary>5,000 names kept resolved by a server whose answers are good for a minute; the server runs in another process.</summary>
internal static class NameRefresh
{
    /// <summary>Names.</summary>
    public const int Names = 5_000;

    private const int TimeToLive = 60;
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(60);

    /// <summary>Answers until disposed, and notes when it was asked.</summary>
    public sealed class Server : IAsyncDisposable
    {
        private readonly ConcurrentQueue<long> _asked = new();
        private readonly ScriptedDns _dns;

        public Server() => _dns = new ScriptedDns(query =>
        {
            _asked.Enqueue(Stopwatch.GetTimestamp());
            return query.Answer(TimeToLive, IPAddress.Loopback);
        });

        public IPEndPoint EndPoint => _dns.EndPoint;

        /// <summary>Most queries that came within one second.</summary>
        public int MostInASecond()
        {
            long[] all = [.. _asked.Order()];
            int most = 0;
            for (int first = 0, last = 0; last < all.Length; last++)
            {
                while (all[last] - all[first] >= Stopwatch.Frequency)
                    first++;
                most = Math.Max(most, last - first + 1);
            }
            return most;
        }

        public ValueTask DisposeAsync() => _dns.DisposeAsync();
    }

    /// <summary>Keeps the names resolved; prints what a minute of it costs.</summary>
    public static async Task RunAsync(IPEndPoint server, TextWriter output)
    {
        using var names = new DnsHosts(new DnsResolver(new ResolverConfig { Servers = [server] }, TimeProvider.System), TimeProvider.System, new Random(1));
        DnsSubscription[] all = [.. Enumerable.Range(0, Names).Select(i =>
            names.Subscribe(string.Create(CultureInfo.InvariantCulture, $"host-{i}.example.test."), new DnsHostOptions { Family = DnsFamily.V4 }, urgent: false, static () => { }))];
        await Task.WhenAll(all.Select(name => name.Host.FirstLookUp));
        long queries = names.Resolver.Limiter.Sent;
        TimeSpan before = Environment.CpuUsage.TotalTime;
        TimeSpan user = Environment.CpuUsage.UserTime;
        long start = Stopwatch.GetTimestamp();
        await Task.Delay(Measured);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double share = (Environment.CpuUsage.TotalTime - before).TotalSeconds / seconds;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"core-percent {share * 100:F3}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"user-percent {(Environment.CpuUsage.UserTime - user).TotalSeconds / seconds * 100:F3}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"queries-per-second {(names.Resolver.Limiter.Sent - queries) / seconds:F1}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"resolved {all.Count(name => !name.Host.State.Addresses.IsEmpty)}"));
    }
}
