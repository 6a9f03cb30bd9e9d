using System.Threading.Channels;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;
using Gateway.Tls;
using Microsoft.Extensions.Logging;

namespace Gateway.Ocsp;

/// <summary>
/// Asks the responders of the certificates that OpenSSL shows, ahead of the handshakes, and keeps the answers fresh. A
/// certificate whose Secret brings a staple that is in force is left alone.
/// </summary>
internal sealed partial class StapleService : IAsyncDisposable
{
    private const int QuestionsAtATime = 4;

    private readonly Func<IReadOnlyCollection<CertificateMaterial>> _served;
    private readonly OcspClient _client;
    private readonly StapleTiming _timing;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task _loop;
    private Dictionary<CertificateMaterial, Plan> _plans = [];

    /// <summary>Begins.</summary>
    /// <param name="served">The certificates of the moment.</param>
    /// <param name="resolver">Finds addresses.</param>
    /// <param name="timing">When.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Log.</param>
    public StapleService(
        Func<IReadOnlyCollection<CertificateMaterial>> served, DnsResolver resolver, StapleTiming timing, TimeProvider time, ILogger<StapleService> logger)
    {
        _served = served;
        _client = new OcspClient(resolver, timing.RequestTimeout, time);
        _timing = timing;
        _time = time;
        _logger = logger;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>The certificates may be others now.</summary>
    public void Look() => _wake.Writer.TryWrite(true);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _client.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            TimeSpan pause = _timing.LongestPause;
            try
            {
                pause = await TurnAsync();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A defect must not end the refreshing of all staples.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.Defect(_logger, e);
            }
            using var over = new CancellationTokenSource(pause, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, _stop.Token);
            try
            {
                await _wake.Reader.ReadAsync(either.Token);
            }
            catch (OperationCanceledException)
            {
                // Time to look by itself, or to end.
            }
        }
    }

    /// <summary>Asks all whose time has come.</summary>
    /// <returns>When the next one's comes.</returns>
    private async Task<TimeSpan> TurnAsync()
    {
        Dictionary<CertificateMaterial, Plan> plans = [];
        foreach (CertificateMaterial certificate in _served())
        {
            if (certificate.Staple.Responder is not null)
                plans[certificate] = _plans.GetValueOrDefault(certificate) ?? new Plan();
        }
        _plans = plans;
        DateTimeOffset now = _time.GetUtcNow();
        await Parallel.ForEachAsync(
            plans.Where(pair => pair.Value.Due <= now),
            new ParallelOptions { MaxDegreeOfParallelism = QuestionsAtATime, CancellationToken = _stop.Token },
            async (pair, cancellationToken) => await AskAsync(pair.Key, pair.Value, cancellationToken));
        if (plans.Count == 0)
            return _timing.LongestPause;
        TimeSpan next = plans.Values.Min(plan => plan.Due) - _time.GetUtcNow();
        return next < TimeSpan.Zero ? TimeSpan.Zero : next < _timing.LongestPause ? next : _timing.LongestPause;
    }

    private async ValueTask AskAsync(CertificateMaterial certificate, Plan plan, CancellationToken cancellationToken)
    {
        StapleSlot slot = certificate.Staple;
        if (slot.IsGiven(_time.GetUtcNow()))
        {
            plan.Due = _time.GetUtcNow() + _timing.LongestPause;
            return;
        }
        byte[]? answer = null;
        string? problem = null;
        try
        {
            if (slot.Question is { } question)
                answer = await _client.AskAsync(slot.Responder!, question, cancellationToken);
            else
                problem = "The certificate's issuer is not in its chain, so that the responder cannot be asked.";
        }
        catch (OwnRequestException e)
        {
            problem = e.Message;
        }
        DateTimeOffset now = _time.GetUtcNow();
        OcspStaple? staple = slot.Take(answer, now, problem);
        plan.Failures = staple is null ? plan.Failures + 1 : 0;
        plan.Due = now + (staple is null ? _timing.Pause(plan.Failures) : _timing.Refresh(staple.NextUpdate - now));
        if (staple is null && plan.Failures == 1)
            Log.Failed(_logger, certificate.Leaf.Subject, certificate.Leaf.SerialNumber, slot.Problem!);
        else if (staple is not null)
            Log.Fetched(_logger, certificate.Leaf.Subject, certificate.Leaf.SerialNumber, staple.NextUpdate);
    }

    private sealed class Plan
    {
        public DateTimeOffset Due { get; set; }

        public int Failures { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "There is no OCSP staple for {Subject}, serial number {SerialNumber}: {Problem} It is tried again.")]
        public static partial void Failed(ILogger logger, string subject, string serialNumber, string problem);

        [LoggerMessage(LogLevel.Debug, "The OCSP staple of {Subject}, serial number {SerialNumber}, is good until {Until}.")]
        public static partial void Fetched(ILogger logger, string subject, string serialNumber, DateTimeOffset until);

        [LoggerMessage(LogLevel.Error, "A defect in the refreshing of OCSP staples.")]
        public static partial void Defect(ILogger logger, Exception exception);
    }
}
