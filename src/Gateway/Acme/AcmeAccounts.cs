using System.Security.Cryptography;
using System.Text;
using Gateway.Acme.State;
using Gateway.Snapshot;

namespace Gateway.Acme;

/// <summary>
/// The accounts that replicas share. A key is stored before the authority hears of it, so that a kill in between leads to
/// the same account again and not to a second one.
/// </summary>
internal sealed class AcmeAccounts(IAcmeState state, AcmeTiming timing, TimeProvider time)
{
    /// <summary>The account at a directory; made if there is none.</summary>
    public async Task<AcmeAccount> GetAsync(AcmeClient client, AcmeIssuerConfig issuer, Uri directory, CancellationToken cancellationToken)
    {
        string name = NameOf(issuer, directory);
        if (await ReadAsync(name, cancellationToken) is { Url: not null } known)
            return known;
        await using IAcmeLock held = await LockAsync(name, cancellationToken);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(held.Lost, cancellationToken);
        AcmeAccount? account = await ReadAsync(name, either.Token);
        if (account is { Url: not null })
            return account;
        if (account is null)
        {
            account = new AcmeAccount(AccountKey.Create(), null);
            await WriteAsync(name, directory, account, either.Token);
        }
        bool isStaging = directory != issuer.Directory;
        Uri url = await client.RegisterAsync(account.Key, issuer.Email, isStaging ? null : issuer.ExternalAccount, either.Token);
        account = account with { Url = url };
        await WriteAsync(name, directory, account, either.Token);
        return account;
    }

    /// <summary>Forgets where an account is, which the authority says it does not know; its key stays.</summary>
    public async Task ForgetAsync(AcmeIssuerConfig issuer, Uri directory, CancellationToken cancellationToken)
    {
        string name = NameOf(issuer, directory);
        if (await ReadAsync(name, cancellationToken) is { } known)
            await WriteAsync(name, directory, known with { Url = null }, cancellationToken);
    }

    private static string NameOf(AcmeIssuerConfig issuer, Uri directory) =>
        "accounts/" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{directory.AbsoluteUri}\n{issuer.AccountName}")).AsSpan(0, 16));

    private async Task<IAcmeLock> LockAsync(string name, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await state.TryLockAsync(name, cancellationToken) is { } taken)
                return taken;
            await Task.Delay(timing.Watch, time, cancellationToken);
        }
    }

    private async Task<AcmeAccount?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        if (await state.ReadAsync(name + ".json", cancellationToken) is not { } json)
            return null;
        return AcmeJson.Read(json, root => new AcmeAccount(
            AccountKey.FromPem(AcmeJson.Text(root, "key") ?? ""),
            AcmeJson.Text(root, "url") is { Length: > 0 } url ? AcmeJson.Url(url) : null));
    }

    private ValueTask WriteAsync(string name, Uri directory, AcmeAccount account, CancellationToken cancellationToken) => state.WriteAsync(
        name + ".json",
        AccountKey.Json(writer =>
        {
            writer.WriteString("directory", directory.AbsoluteUri);
            writer.WriteString("url", account.Url?.AbsoluteUri ?? "");
            writer.WriteString("key", account.Key.ToPem());
        }),
        cancellationToken);
}
