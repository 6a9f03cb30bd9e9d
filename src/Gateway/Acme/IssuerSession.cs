using Gateway.Acme.State;
using Gateway.Clusters.Discovery;
using Gateway.Snapshot;

namespace Gateway.Acme;

/// <summary>Our account at one directory, and orders from it.</summary>
internal sealed class IssuerSession : IDisposable
{
    private readonly AcmeIssuerConfig _issuer;
    private readonly Uri _directory;
    private readonly AcmeAccounts _accounts;
    private readonly CertificateOrder _orders;

    public IssuerSession(AcmeIssuerConfig issuer, Uri directory, IAcmeState state, ChallengeBoard board, DnsResolver resolver, AcmeTiming timing, TimeProvider time)
    {
        _issuer = issuer;
        _directory = directory;
        _accounts = new AcmeAccounts(state, timing, time);
        _orders = new CertificateOrder(state, board, timing, time);
        Client = new AcmeClient(new AcmeHttp(issuer.CaBundle, resolver, timing.RequestTimeout, time), directory);
    }

    /// <summary>Speaks to the directory.</summary>
    public AcmeClient Client { get; }

    /// <summary>Orders a certificate.</summary>
    /// <exception cref="AcmeException">The order failed.</exception>
    public async Task<OrderedCertificate> OrderAsync(string id, AcmeCertificateConfig certificate, string? replaces, CancellationToken cancellationToken)
    {
        AcmeAccount account = await _accounts.GetAsync(Client, _issuer, _directory, cancellationToken);
        try
        {
            return await _orders.RunAsync(Client, account, _directory, id, certificate, replaces, cancellationToken);
        }
        catch (AcmeException e) when (e.Type == "accountDoesNotExist")
        {
            await _accounts.ForgetAsync(_issuer, _directory, cancellationToken);
            throw;
        }
    }

    public void Dispose() => Client.Dispose();
}
