using System.Collections.Immutable;
using Gateway.Acme.State;
using Gateway.Clusters.Discovery;
using Gateway.Config.Diagnostics;
using Gateway.Http.Filters;
using Gateway.Snapshot;
using Gateway.Tls;
using Microsoft.Extensions.Logging;

namespace Gateway.Acme;

/// <summary>
/// Orders the certificates that a snapshot asks for, and keeps them fresh: one worker for each. <see cref="ApplyAsync"/> is
/// called by one publisher at a time, before the certificates are looked up.
/// </summary>
internal sealed class AcmeService : IAsyncDisposable
{
    private const int OrdersAtATime = 4;

    private readonly IssuedCertificates _issued;
    private readonly ILoggerFactory _loggers;
    private readonly SemaphoreSlim _concurrency = new(OrdersAtATime);
    private readonly WorkerParts? _parts;
    private readonly string? _problem;
    private ImmutableDictionary<string, CertificateWorker> _workers = ImmutableDictionary<string, CertificateWorker>.Empty;

    /// <summary>Opens the state; a directory that cannot be used is a finding where certificates are asked for.</summary>
    /// <param name="options">How.</param>
    /// <param name="issued">Where the certificates go.</param>
    /// <param name="http">Where answers to HTTP-01 are asked for.</param>
    /// <param name="tls">Where answers to TLS-ALPN-01 are asked for.</param>
    /// <param name="resolver">Finds addresses.</param>
    /// <param name="changed">Called when there is a new certificate.</param>
    /// <param name="loggers">Logs.</param>
    /// <param name="time">The clock.</param>
    public AcmeService(
        AcmeOptions options, IssuedCertificates issued, ChallengeStore http, TlsAlpnChallenges tls, DnsResolver resolver, Action changed, ILoggerFactory loggers, TimeProvider time)
    {
        _issued = issued;
        _loggers = loggers;
        if (options.StateDirectory is not { } directory)
        {
            _problem = "There is no state directory (--acme-state); the certificate is not ordered.";
            return;
        }
        try
        {
            var state = new FileAcmeState(directory, options.Timing, time);
            var board = new ChallengeBoard(state, time);
            http.Source = board.FindHttpAsync;
            tls.Source = board.FindTlsAsync;
            _parts = new WorkerParts(
                state, issued, new HostBudget(state, options.Timing, time), new Preflight(resolver, options, time, loggers.CreateLogger<Preflight>()),
                (issuer, url) => new IssuerSession(issuer, url, state, board, resolver, options.Timing, time),
                _concurrency, changed, options.Timing, time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            _problem = $"The state directory (--acme-state) cannot be used: {e.Message} The certificate is not ordered.";
        }
    }

    /// <summary>How the orders of a certificate go; null = it is not ordered here.</summary>
    public OrderStatus? StatusOf(string key) => Volatile.Read(ref _workers).GetValueOrDefault(key)?.Status;

    /// <summary>Takes over what a snapshot asks for. What is there already can be used when this returns.</summary>
    /// <returns>Why nothing is ordered.</returns>
    public async Task<ImmutableArray<Diagnostic>> ApplyAsync(ImmutableArray<AcmeRequest> requests, CancellationToken cancellationToken)
    {
        if (_parts is not { } parts)
            return [.. requests.Select(request => Finding(request, _problem!))];
        ImmutableDictionary<string, CertificateWorker>.Builder next = ImmutableDictionary.CreateBuilder<string, CertificateWorker>(StringComparer.Ordinal);
        List<CertificateWorker> fresh = [];
        foreach (AcmeRequest request in requests)
        {
            string key = request.Certificate.Key;
            if (_workers.TryGetValue(key, out CertificateWorker? known) && known.Config == request.Certificate)
            {
                next.Add(key, known);
                continue;
            }
            var worker = new CertificateWorker(request.Certificate, parts, _loggers.CreateLogger<CertificateWorker>());
            next.Add(key, worker);
            fresh.Add(worker);
        }
        ImmutableDictionary<string, CertificateWorker> before = _workers;
        Volatile.Write(ref _workers, next.ToImmutable());
        foreach ((string key, CertificateWorker worker) in before)
        {
            if (!next.TryGetValue(key, out CertificateWorker? now) || now != worker)
                await worker.DisposeAsync();
            if (now is null)
                _issued.Remove(key);
        }
        foreach (CertificateWorker worker in fresh)
        {
            await worker.LoadAsync(cancellationToken);
            worker.Start();
        }
        return [];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (CertificateWorker worker in _workers.Values)
            await worker.DisposeAsync();
        _concurrency.Dispose();
    }

    private static Diagnostic Finding(AcmeRequest request, string message) => new(
        DiagnosticCatalogue.NotOrdered.Code, DiagnosticCatalogue.NotOrdered.Severity, message, request.Origin.Location, request.Origin.Resource, request.Origin.FieldPath);
}
