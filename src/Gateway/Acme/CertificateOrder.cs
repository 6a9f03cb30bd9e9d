using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Acme.State;
using Gateway.Config;
using Gateway.Snapshot;

namespace Gateway.Acme;

/// <summary>A certificate as the authority gave it, with the key that was made for it.</summary>
/// <param name="Chain">PEM, leaf first.</param>
/// <param name="Key">PEM.</param>
internal sealed record OrderedCertificate(string Chain, string Key);

/// <summary>Takes one order from its beginning, or from where it was left, to the certificate.</summary>
internal sealed class CertificateOrder(IAcmeState state, ChallengeBoard board, AcmeTiming timing, TimeProvider time)
{
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(30);

    /// <summary>Orders.</summary>
    /// <param name="client">Speaks to the directory.</param>
    /// <param name="account">Who orders.</param>
    /// <param name="directory">The directory: an order at another one is not gone on with.</param>
    /// <param name="id">Under what the order is stored.</param>
    /// <param name="certificate">What is wanted.</param>
    /// <param name="replaces">What it replaces, as RFC 9773 names it; null = nothing.</param>
    /// <param name="cancellationToken">Ends the attempt; what was begun is stored.</param>
    /// <exception cref="AcmeException">The order failed.</exception>
    public async Task<OrderedCertificate> RunAsync(
        AcmeClient client, AcmeAccount account, Uri directory, string id, AcmeCertificateConfig certificate, string? replaces, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timing.OrderTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await RunOnceAsync(client, account, directory, id, certificate, replaces, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AcmeException($"The order was not done within {timing.OrderTimeout}.");
        }
    }

    private async Task<OrderedCertificate> RunOnceAsync(
        AcmeClient client, AcmeAccount account, Uri directory, string id, AcmeCertificateConfig certificate, string? replaces, CancellationToken cancellationToken)
    {
        (OrderRecord record, AcmeOrder order) =
            await ResumeAsync(client, account, directory, id, certificate.Hosts, cancellationToken)
            ?? await BeginAsync(client, account, directory, id, certificate.Hosts, replaces, cancellationToken);
        if (order.Status == "pending")
        {
            foreach (Uri url in order.Authorizations)
                await ProveAsync(client, account, url, certificate.Challenge, cancellationToken);
            order = await WaitAsync(client, account, order, "pending", cancellationToken);
        }
        using ECDsa key = record.OpenKey();
        if (order.Status == "ready")
        {
            await client.FinalizeAsync(account, order, SigningRequest(key, certificate.Hosts), cancellationToken);
            order = await WaitAsync(client, account, order, "ready", cancellationToken);
        }
        if (order.Status == "processing")
            order = await WaitAsync(client, account, order, "processing", cancellationToken);
        if (order is not { Status: "valid", Certificate: { } address })
        {
            await OrderRecord.DeleteAsync(state, id);
            throw new AcmeException($"The order became {order.Status}: {order.Error ?? "the authority gives no reason"}.", "orderInvalid");
        }
        string chain = Encoding.ASCII.GetString(await client.DownloadAsync(account, address, certificate.Issuer.PreferredChain, cancellationToken));
        try
        {
            Check(chain, record.Key, certificate.Hosts);
        }
        catch (AcmeException)
        {
            // The same order would bring the same certificate again.
            await OrderRecord.DeleteAsync(state, id);
            throw;
        }
        return new OrderedCertificate(chain, record.Key);
    }

    private async Task<(OrderRecord, AcmeOrder)?> ResumeAsync(
        AcmeClient client, AcmeAccount account, Uri directory, string id, EquatableArray<string> names, CancellationToken cancellationToken)
    {
        if (await OrderRecord.ReadAsync(state, id, cancellationToken) is not { } record || record.Directory != directory || record.Names != names)
            return null;
        try
        {
            (AcmeOrder order, _) = await client.GetOrderAsync(account, record.Url, cancellationToken);
            return order.Status is "invalid" or "" ? null : (record, order);
        }
        catch (AcmeException e) when (e.Status is 400 or 403 or 404)
        {
            // The authority has forgotten it.
            return null;
        }
    }

    private async Task<(OrderRecord, AcmeOrder)> BeginAsync(
        AcmeClient client, AcmeAccount account, Uri directory, string id, EquatableArray<string> names, string? replaces, CancellationToken cancellationToken)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        AcmeOrder order;
        try
        {
            order = await client.OrderAsync(account, names, replaces, cancellationToken);
        }
        catch (AcmeException e) when (replaces is not null && (e.Status == 409 || e.Type is "alreadyReplaced" or "malformed"))
        {
            order = await client.OrderAsync(account, names, null, cancellationToken);
        }
        var record = new OrderRecord(directory, order.Url, names, key.ExportPkcs8PrivateKeyPem());
        await record.WriteAsync(state, id, cancellationToken);
        return (record, order);
    }

    private async Task ProveAsync(AcmeClient client, AcmeAccount account, Uri url, AcmeChallengeKind wanted, CancellationToken cancellationToken)
    {
        (AcmeAuthorization authorization, _) = await client.GetAuthorizationAsync(account, url, cancellationToken);
        if (authorization.Status == "valid")
        {
            // Whoever was killed while it became so has left his answer.
            foreach (AcmeChallenge past in authorization.Challenges.Where(one => one.Token.Length > 0))
                await board.RemoveAsync(past.Token, authorization.Name, Answer(account, past));
            return;
        }
        AcmeChallenge challenge = Choose(authorization, wanted);
        string answer = Answer(account, challenge);
        try
        {
            if (challenge.Type == "http-01")
                await board.PutHttpAsync(challenge.Token, answer, cancellationToken);
            else
                await board.PutTlsAsync(authorization.Name, answer, cancellationToken);
            if (authorization.Status == "pending")
                await client.AcceptAsync(account, challenge, cancellationToken);
            TimeSpan pause = timing.Poll;
            while (true)
            {
                (AcmeAuthorization now, TimeSpan? retryAfter) = await client.GetAuthorizationAsync(account, url, cancellationToken);
                if (now.Status == "valid")
                    return;
                if (now.Status is not ("pending" or "processing"))
                {
                    string? reason = now.Challenges.Select(one => one.Error).FirstOrDefault(error => error is not null);
                    throw new AcmeException($"The authority did not find the answer to {challenge.Type} for {authorization.Name}: {reason ?? now.Status}.", "unauthorized");
                }
                pause = await PauseAsync(pause, retryAfter, cancellationToken);
            }
        }
        finally
        {
            await board.RemoveAsync(challenge.Token, authorization.Name, answer);
        }
    }

    private static string Answer(AcmeAccount account, AcmeChallenge challenge) => $"{challenge.Token}.{account.Key.Thumbprint}";

    private static AcmeChallenge Choose(AcmeAuthorization authorization, AcmeChallengeKind wanted)
    {
        string type = wanted == AcmeChallengeKind.Http01 ? "http-01" : "tls-alpn-01";
        return authorization.Challenges.FirstOrDefault(challenge => challenge.Type == type && challenge.Token.Length > 0)
            ?? throw new AcmeException($"The authority does not offer {type} for {authorization.Name}, but {string.Join(", ", authorization.Challenges.Select(challenge => challenge.Type))}.");
    }

    /// <summary>Waits until an order has left a state.</summary>
    private async Task<AcmeOrder> WaitAsync(AcmeClient client, AcmeAccount account, AcmeOrder order, string state, CancellationToken cancellationToken)
    {
        TimeSpan pause = timing.Poll;
        while (true)
        {
            (AcmeOrder now, TimeSpan? retryAfter) = await client.GetOrderAsync(account, order.Url, cancellationToken);
            if (now.Status != state)
                return now;
            pause = await PauseAsync(pause, retryAfter, cancellationToken);
        }
    }

    private async Task<TimeSpan> PauseAsync(TimeSpan pause, TimeSpan? retryAfter, CancellationToken cancellationToken)
    {
        await Task.Delay(retryAfter > pause ? retryAfter.Value : pause, time, cancellationToken);
        return pause * 1.5 < LongestPoll ? pause * 1.5 : LongestPoll;
    }

    private static byte[] SigningRequest(ECDsa key, EquatableArray<string> names)
    {
        // Common names are limited to 64 characters, and authorities take the names from the extension.
        var request = new CertificateRequest(new X500DistinguishedName([0x30, 0x00]), key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
            alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        return request.CreateSigningRequest();
    }

    private static void Check(string chain, string key, EquatableArray<string> names)
    {
        try
        {
            using X509Certificate2 leaf = X509Certificate2.CreateFromPem(chain, key);
            foreach (string name in names)
            {
                if (!leaf.MatchesHostname(name, allowWildcards: true, allowCommonName: false))
                    throw new AcmeException($"The certificate that was issued does not have the name {name}.");
            }
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new AcmeException("The certificate that was issued cannot be read, or is not for our key.");
        }
    }
}
