using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Gateway.Snapshot;
using Microsoft.IdentityModel.Tokens;

namespace Gateway.Acme;

/// <summary>Speaks RFC 8555 and RFC 9773 to one directory. Thread-safe; holds nonces, and no state of any order.</summary>
internal sealed class AcmeClient(AcmeHttp http, Uri directory) : IDisposable
{
    // With every second nonce refused, one request in a million fails for it.
    private const int MaxNonceAttempts = 20;
    private const int MaxNonces = 16;

    private readonly Stack<string> _nonces = [];
    private Directory? _directory;

    /// <summary>What the directory names.</summary>
    private sealed record Directory(Uri NewNonce, Uri NewAccount, Uri NewOrder, Uri? RenewalInfo);

    /// <summary>Finds or makes the account of a key.</summary>
    /// <returns>The account's URL.</returns>
    public async Task<Uri> RegisterAsync(AccountKey key, string email, AcmeExternalAccount? external, CancellationToken cancellationToken)
    {
        Directory urls = await DirectoryAsync(cancellationToken);
        byte[] body = AccountKey.Json(writer =>
        {
            writer.WriteBoolean("termsOfServiceAgreed", true);
            if (email.Length > 0)
            {
                writer.WriteStartArray("contact");
                writer.WriteStringValue("mailto:" + email);
                writer.WriteEndArray();
            }
            if (external is not null)
            {
                writer.WritePropertyName("externalAccountBinding");
                writer.WriteRawValue(key.Bind(urls.NewAccount, external.KeyId, external.Key.AsSpan().ToArray()));
            }
        });
        AcmeReply reply = await PostAsync(urls.NewAccount, new AcmeAccount(key, null), body, cancellationToken);
        return reply.Location ?? throw new AcmeException("The authority does not say where the account is.");
    }

    /// <summary>Orders a certificate.</summary>
    /// <param name="account">Who orders.</param>
    /// <param name="names">For what.</param>
    /// <param name="replaces">The certificate it replaces, as RFC 9773 names it; null = none.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task<AcmeOrder> OrderAsync(AcmeAccount account, IEnumerable<string> names, string? replaces, CancellationToken cancellationToken)
    {
        Directory urls = await DirectoryAsync(cancellationToken);
        byte[] body = AccountKey.Json(writer =>
        {
            writer.WriteStartArray("identifiers");
            foreach (string name in names)
            {
                writer.WriteStartObject();
                writer.WriteString("type", "dns");
                writer.WriteString("value", name);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            if (replaces is not null && urls.RenewalInfo is not null)
                writer.WriteString("replaces", replaces);
        });
        AcmeReply reply = await PostAsync(urls.NewOrder, account, body, cancellationToken);
        return AcmeOrder.Parse(reply.Location ?? throw new AcmeException("The authority does not say where the order is."), reply);
    }

    /// <summary>An order as it stands.</summary>
    public async Task<(AcmeOrder Order, TimeSpan? RetryAfter)> GetOrderAsync(AcmeAccount account, Uri url, CancellationToken cancellationToken)
    {
        AcmeReply reply = await PostAsync(url, account, null, cancellationToken);
        return (AcmeOrder.Parse(url, reply), reply.RetryAfter);
    }

    /// <summary>An authorization as it stands.</summary>
    public async Task<(AcmeAuthorization Authorization, TimeSpan? RetryAfter)> GetAuthorizationAsync(AcmeAccount account, Uri url, CancellationToken cancellationToken)
    {
        AcmeReply reply = await PostAsync(url, account, null, cancellationToken);
        return (AcmeAuthorization.Parse(url, reply), reply.RetryAfter);
    }

    /// <summary>Lets the authority look for the answer to a challenge.</summary>
    public Task AcceptAsync(AcmeAccount account, AcmeChallenge challenge, CancellationToken cancellationToken) =>
        PostAsync(challenge.Url, account, "{}"u8.ToArray(), cancellationToken);

    /// <summary>Asks for the certificate of an order that is ready.</summary>
    public Task FinalizeAsync(AcmeAccount account, AcmeOrder order, byte[] signingRequest, CancellationToken cancellationToken) =>
        PostAsync(
            order.Finalize ?? throw new AcmeException("The authority does not say where the order is finalized."), account,
            AccountKey.Json(writer => writer.WriteString("csr", Base64UrlEncoder.Encode(signingRequest))), cancellationToken);

    /// <summary>Fetches a chain as PEM.</summary>
    /// <param name="account">Whose it is.</param>
    /// <param name="url">Where it is.</param>
    /// <param name="preferredIssuer">Common name of an issuer in the chain wanted; empty = the first chain offered.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task<byte[]> DownloadAsync(AcmeAccount account, Uri url, string preferredIssuer, CancellationToken cancellationToken)
    {
        AcmeReply first = await PostAsync(url, account, null, cancellationToken);
        if (preferredIssuer.Length == 0 || IsIssuedBy(first.Body, preferredIssuer))
            return first.Body;
        foreach (Uri alternate in first.Alternates.Take(8))
        {
            AcmeReply other = await PostAsync(alternate, account, null, cancellationToken);
            if (IsIssuedBy(other.Body, preferredIssuer))
                return other.Body;
        }
        return first.Body;
    }

    /// <summary>When a certificate should be replaced; null = the authority does not say.</summary>
    public async Task<RenewalWindow?> RenewalAsync(string certificateId, CancellationToken cancellationToken)
    {
        Directory urls = await DirectoryAsync(cancellationToken);
        if (urls.RenewalInfo is null)
            return null;
        AcmeReply reply = await http.SendAsync(HttpMethod.Get, new Uri($"{urls.RenewalInfo.AbsoluteUri.TrimEnd('/')}/{certificateId}"), null, cancellationToken);
        if (reply.Status != 200)
            throw Problem(reply);
        return AcmeJson.Read(reply.Body, root =>
        {
            if (!root.TryGetProperty("suggestedWindow", out JsonElement window))
                throw new AcmeException("The authority's renewal information has no window.");
            return new RenewalWindow(AcmeJson.Time(window, "start"), AcmeJson.Time(window, "end"), reply.RetryAfter);
        });
    }

    public void Dispose() => http.Dispose();

    private static bool IsIssuedBy(byte[] pem, string name)
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPem(Encoding.ASCII.GetString(pem));
        return chain.Any(certificate => certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true) == name);
    }

    private async Task<Directory> DirectoryAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _directory) is { } known)
            return known;
        AcmeReply reply = await http.SendAsync(HttpMethod.Get, directory, null, cancellationToken);
        if (reply.Status != 200)
            throw Problem(reply);
        Directory read = AcmeJson.Read(reply.Body, root => new Directory(
            AcmeJson.Url(AcmeJson.Text(root, "newNonce")),
            AcmeJson.Url(AcmeJson.Text(root, "newAccount")),
            AcmeJson.Url(AcmeJson.Text(root, "newOrder")),
            AcmeJson.Text(root, "renewalInfo") is { } renewal ? AcmeJson.Url(renewal) : null));
        Volatile.Write(ref _directory, read);
        return read;
    }

    private async Task<AcmeReply> PostAsync(Uri url, AcmeAccount account, byte[]? body, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            string nonce = await NonceAsync(cancellationToken);
            byte[] signed = account.Key.Sign(url, nonce, account.Url?.AbsoluteUri, body);
            AcmeReply reply = await http.SendAsync(HttpMethod.Post, url, signed, cancellationToken);
            Keep(reply.Nonce);
            if (reply.Status is >= 200 and < 300)
                return reply;
            AcmeException problem = Problem(reply);
            if (problem.Type != "badNonce" || attempt == MaxNonceAttempts)
                throw problem;
        }
    }

    private async Task<string> NonceAsync(CancellationToken cancellationToken)
    {
        lock (_nonces)
        {
            if (_nonces.TryPop(out string? kept))
                return kept;
        }
        Directory urls = await DirectoryAsync(cancellationToken);
        AcmeReply reply = await http.SendAsync(HttpMethod.Head, urls.NewNonce, null, cancellationToken);
        if (reply.Status >= 400)
            throw Problem(reply);
        return reply.Nonce ?? throw new AcmeException("The authority gives no nonce.");
    }

    private void Keep(string? nonce)
    {
        lock (_nonces)
        {
            if (nonce is not null && _nonces.Count < MaxNonces)
                _nonces.Push(nonce);
        }
    }

    private static AcmeException Problem(AcmeReply reply)
    {
        (string type, string text) = ("", "");
        try
        {
            (type, text) = AcmeJson.Read(reply.Body, root => (AcmeJson.ProblemType(root), AcmeJson.Problem(root)));
        }
        catch (AcmeException)
        {
            // An answer of something in between, such as a proxy's page.
        }
        return new AcmeException($"The authority answered {reply.Status}{(text.Length > 0 ? $": {text}" : "")}.", type, reply.Status, reply.RetryAfter);
    }
}

/// <summary>Who signs requests.</summary>
/// <param name="Key">The key.</param>
/// <param name="Url">Where the account is; null = it is not known yet.</param>
internal sealed record AcmeAccount(AccountKey Key, Uri? Url);
