using System.Security.Cryptography;
using Gateway.Acme.State;
using Gateway.Snapshot;
using Gateway.Tls;
using Microsoft.Extensions.Logging;

namespace Gateway.Acme;

/// <summary>
/// Keeps one certificate: takes over what other replicas have ordered, orders when it is time and nobody else does. Every
/// turn that talks to the authority ends with a time before which there is no further one.
/// </summary>
internal sealed partial class CertificateWorker : IAsyncDisposable
{
    private readonly AcmeCertificateConfig _config;
    private readonly WorkerParts _parts;
    private readonly string _id;
    private readonly IssuerSession _session;
    private readonly IssuerSession? _staging;
    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger _logger;
    private byte[] _shown = [];
    private OrderStatus _status;
    private Task _loop = Task.CompletedTask;

    public CertificateWorker(AcmeCertificateConfig config, WorkerParts parts, ILogger<CertificateWorker> logger)
    {
        _config = config;
        _parts = parts;
        _logger = logger;
        _id = $"{config.SecretNamespace}.{config.SecretName}";
        _session = parts.Open(config.Issuer, config.Issuer.Directory);
        _staging = config.Issuer.Staging is { } staging ? parts.Open(config.Issuer, staging) : null;
        _status = new OrderStatus(config.Issuer.Name, config.Hosts, null, null, 0, null);
    }

    /// <summary>What is kept.</summary>
    public AcmeCertificateConfig Config => _config;

    /// <summary>How the orders go.</summary>
    public OrderStatus Status => Volatile.Read(ref _status);

    private AcmeTiming Timing => _parts.Timing;

    private TimeProvider Time => _parts.Time;

    /// <summary>Takes over what the state holds already; nothing is ordered yet.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookAsync(cancellationToken);
        }
        catch (IOException e)
        {
            Log.StateFailed(_logger, _config.Key, e.Message);
        }
        if (_parts.Issued.Find(_config.Key) is null)
            _parts.Issued.Set(_config.Key, new IssuedCertificate([], [], _config.Issuer.Name));
    }

    /// <summary>Begins to order.</summary>
    public void Start() => _loop = Task.Run(RunAsync, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _session.Dispose();
        _staging?.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        CancellationToken stop = _stop.Token;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                (DateTimeOffset due, bool changed) = await LookAsync(stop);
                if (changed)
                    _parts.Changed();
                if (Time.GetUtcNow() >= due)
                    await TryActAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (IOException e)
            {
                Log.StateFailed(_logger, _config.Key, e.Message);
            }
#pragma warning disable CA1031 // A defect must cost one turn, and neither the process nor the certificates of other hosts.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.Defect(_logger, e, _config.Key);
            }
            // At least this between two turns, whatever the clock says.
            await Task.Delay(Timing.Watch, Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Looks at the shared state and takes over a certificate that is new.</summary>
    /// <returns>When something is to be done, and whether there is a new certificate.</returns>
    private async Task<(DateTimeOffset Due, bool Changed)> LookAsync(CancellationToken cancellationToken)
    {
        StoredCertificate? stored = await StoredCertificate.ReadAsync(_parts.State, _id, cancellationToken);
        CertificateRecord record = await CertificateRecord.ReadAsync(_parts.State, _id, cancellationToken);
        bool changed = stored is not null && !stored.Content.AsSpan().SequenceEqual(_shown);
        if (changed)
        {
            _shown = stored!.Content;
            _parts.Issued.Set(_config.Key, new IssuedCertificate(stored.Chain, stored.Key, _config.Issuer.Name));
        }
        DateTimeOffset? renewal = IsWanted(stored, record) ? RenewalSchedule.Next(stored!.Leaf, record.Window) : null;
        Volatile.Write(ref _status, new OrderStatus(
            _config.Issuer.Name, _config.Hosts, renewal, record.Failures > 0 ? record.NotBefore : null, record.Failures, record.LastError));
        return (Due(renewal, record), changed);
    }

    private bool IsWanted(StoredCertificate? stored, CertificateRecord record) =>
        stored is not null && stored.IsFor(_config.Hosts) && record.Directory == _config.Issuer.Directory.AbsoluteUri;

    private DateTimeOffset Due(DateTimeOffset? renewal, CertificateRecord record)
    {
        DateTimeOffset wanted = renewal ?? DateTimeOffset.MinValue;
        if (renewal is not null && record.AskAt < wanted)
            wanted = record.AskAt;
        DateTimeOffset allowed = Allowed(record);
        return wanted > allowed ? wanted : allowed;
    }

    // A clock that was set back must not stop orders for years.
    private DateTimeOffset Allowed(CertificateRecord record) =>
        record.NotBefore - Time.GetUtcNow() > Timing.LongestPause ? DateTimeOffset.MinValue : record.NotBefore;

    private async Task TryActAsync(CancellationToken stop)
    {
        if (await _parts.State.TryLockAsync("certificates/" + _id, stop) is not { } held)
            return;
        await using (held)
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(held.Lost, stop);
            // Another replica may have been here a moment ago.
            (DateTimeOffset due, bool changed) = await LookAsync(either.Token);
            if (changed)
                _parts.Changed();
            if (Time.GetUtcNow() < due)
                return;
            try
            {
                await ActAsync(either.Token);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                Log.LockLost(_logger, _config.Key);
                return;
            }
        }
        (_, bool isNew) = await LookAsync(stop);
        if (isNew)
            _parts.Changed();
    }

    private async Task ActAsync(CancellationToken cancellationToken)
    {
        StoredCertificate? stored = await StoredCertificate.ReadAsync(_parts.State, _id, cancellationToken);
        CertificateRecord record = await CertificateRecord.ReadAsync(_parts.State, _id, cancellationToken);
        bool wanted = IsWanted(stored, record);
        if (wanted && record.AskAt <= Time.GetUtcNow())
        {
            record = await AskAsync(stored!, record, cancellationToken);
            if (RenewalSchedule.Next(stored!.Leaf, record.Window) > Time.GetUtcNow())
                return;
        }
        await _parts.Concurrency.WaitAsync(cancellationToken);
        try
        {
            await OrderAsync(wanted ? RenewalSchedule.IdOf(stored!.Leaf) : null, record, cancellationToken);
        }
        finally
        {
            _parts.Concurrency.Release();
        }
    }

    /// <summary>Fetches renewal information; an authority that does not answer is asked again later.</summary>
    private async Task<CertificateRecord> AskAsync(StoredCertificate stored, CertificateRecord record, CancellationToken cancellationToken)
    {
        TimeSpan again = Timing.RenewalInfo;
        RenewalWindow? window = record.Window;
        try
        {
            if (RenewalSchedule.IdOf(stored.Leaf) is { } id && await _session.Client.RenewalAsync(id, cancellationToken) is { } answer)
            {
                window = answer;
                again = Clamp(answer.AskAgain ?? again);
            }
        }
        catch (AcmeException e)
        {
            Log.NoRenewalInfo(_logger, _config.Key, e.Message);
            again = Clamp(e.RetryAfter ?? again);
        }
        record = record with { Window = window, AskAt = Time.GetUtcNow() + again };
        await record.WriteAsync(_parts.State, _id, cancellationToken);
        return record;
    }

    private async Task OrderAsync(string? replaces, CertificateRecord record, CancellationToken cancellationToken)
    {
        try
        {
            await _parts.Preflight.CheckAsync(_config, cancellationToken);
            if (record.Failures > 0 && _staging is not null)
                await RehearseAsync(cancellationToken);
            if (await OrderRecord.ReadAsync(_parts.State, _id, cancellationToken) is null)
                await _parts.Budget.SpendAsync(_config.Hosts, cancellationToken);
            OrderedCertificate certificate = await _session.OrderAsync(_id, _config, replaces, cancellationToken);
            await StoredCertificate.WriteAsync(_parts.State, _id, certificate, cancellationToken);
            await new CertificateRecord
            {
                NotBefore = Time.GetUtcNow() + Timing.AfterSuccess,
                Directory = _config.Issuer.Directory.AbsoluteUri,
                AskAt = Time.GetUtcNow(),
            }.WriteAsync(_parts.State, _id, cancellationToken);
            // Last: a kill before it leads to this order again, and not to a new one.
            await OrderRecord.DeleteAsync(_parts.State, _id);
            Log.Issued(_logger, _config.Key, _config.Issuer.Name, string.Join(", ", _config.Hosts));
        }
        catch (Exception e) when (e is AcmeException or CryptographicException)
        {
            await FailAsync(record, e.Message, (e as AcmeException)?.RetryAfter, cancellationToken);
        }
    }

    private async Task RehearseAsync(CancellationToken cancellationToken)
    {
        string id = _id + ".rehearsal";
        try
        {
            await _staging!.OrderAsync(id, _config, null, cancellationToken);
        }
        catch (AcmeException e)
        {
            throw new AcmeException($"At the staging directory: {e.Message}", e.Type, e.Status, e.RetryAfter);
        }
        finally
        {
            await OrderRecord.DeleteAsync(_parts.State, id);
        }
    }

    private async Task FailAsync(CertificateRecord record, string error, TimeSpan? retryAfter, CancellationToken cancellationToken)
    {
        int failures = record.Failures + 1;
        // 80 to 120 %, so that many certificates that failed for one reason are not tried at one time.
        TimeSpan pause = Clamp(Timing.FirstPause * Math.Pow(2, Math.Min(record.Failures, 20)) * (0.8 + (0.4 * Random.Shared.NextDouble())));
        if (retryAfter > pause)
            pause = Clamp(retryAfter.Value);
        await (record with { Failures = failures, NotBefore = Time.GetUtcNow() + pause, LastError = error }).WriteAsync(_parts.State, _id, cancellationToken);
        Log.Failed(_logger, _config.Key, _config.Issuer.Name, error, pause);
    }

    private TimeSpan Clamp(TimeSpan span) => span > Timing.LongestPause ? Timing.LongestPause : span < Timing.Watch ? Timing.Watch : span;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "A certificate {Certificate} was issued by {Issuer} for {Names}.")]
        public static partial void Issued(ILogger logger, string certificate, string issuer, string names);

        [LoggerMessage(LogLevel.Warning, "The certificate {Certificate} could not be ordered from {Issuer}: {Error} The next attempt is in {Pause}.")]
        public static partial void Failed(ILogger logger, string certificate, string issuer, string error, TimeSpan pause);

        [LoggerMessage(LogLevel.Warning, "Certificate {Certificate}: the lock was lost, somebody else goes on.")]
        public static partial void LockLost(ILogger logger, string certificate);

        [LoggerMessage(LogLevel.Information, "Certificate {Certificate}: no renewal information: {Error}")]
        public static partial void NoRenewalInfo(ILogger logger, string certificate, string error);

        [LoggerMessage(LogLevel.Error, "Certificate {Certificate}: the state directory cannot be used: {Error}")]
        public static partial void StateFailed(ILogger logger, string certificate, string error);

        [LoggerMessage(LogLevel.Error, "Certificate {Certificate}: a turn failed for a reason that is our own fault.")]
        public static partial void Defect(ILogger logger, Exception exception, string certificate);
    }
}

/// <summary>What all workers share.</summary>
/// <param name="State">What replicas share.</param>
/// <param name="Issued">Where the certificates go.</param>
/// <param name="Budget">How often names may be ordered.</param>
/// <param name="Preflight">Looks at names before they are ordered.</param>
/// <param name="Open">Opens a session with a directory.</param>
/// <param name="Concurrency">How many orders may be under way.</param>
/// <param name="Changed">Called when there is a new certificate.</param>
/// <param name="Timing">When.</param>
/// <param name="Time">The clock.</param>
internal sealed record WorkerParts(
    IAcmeState State, IssuedCertificates Issued, HostBudget Budget, Preflight Preflight, Func<AcmeIssuerConfig, Uri, IssuerSession> Open,
    SemaphoreSlim Concurrency, Action Changed, AcmeTiming Timing, TimeProvider Time);
