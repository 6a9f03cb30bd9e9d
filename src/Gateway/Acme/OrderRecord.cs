using System.Security.Cryptography;
using Gateway.Acme.State;
using Gateway.Config;

namespace Gateway.Acme;

/// <summary>An order under way, kept so that a kill in the middle costs nothing: whoever comes next goes on with it.</summary>
/// <param name="Directory">Where it was ordered.</param>
/// <param name="Url">The order.</param>
/// <param name="Names">The names ordered.</param>
/// <param name="Key">PEM of the certificate's key.</param>
internal sealed record OrderRecord(Uri Directory, Uri Url, EquatableArray<string> Names, string Key)
{
    /// <summary>Reads one; null = none is under way, or none that can be read.</summary>
    public static async Task<OrderRecord?> ReadAsync(IAcmeState state, string id, CancellationToken cancellationToken)
    {
        if (await state.ReadAsync(NameOf(id), cancellationToken) is not { } json)
            return null;
        try
        {
            OrderRecord record = AcmeJson.Read(json, root => new OrderRecord(
                AcmeJson.Url(AcmeJson.Text(root, "directory")),
                AcmeJson.Url(AcmeJson.Text(root, "url")),
                AcmeJson.Items(root, "names").Select(item => item.GetString() ?? "").ToEquatableArray(),
                AcmeJson.Text(root, "key") ?? ""));
            record.OpenKey().Dispose();
            return record;
        }
        catch (Exception e) when (e is AcmeException or ArgumentException or CryptographicException)
        {
            // Nothing can be gone on with: a new order is begun.
            return null;
        }
    }

    /// <summary>Stores it.</summary>
    public ValueTask WriteAsync(IAcmeState state, string id, CancellationToken cancellationToken) => state.WriteAsync(
        NameOf(id),
        AccountKey.Json(writer =>
        {
            writer.WriteString("directory", Directory.AbsoluteUri);
            writer.WriteString("url", Url.AbsoluteUri);
            writer.WriteStartArray("names");
            foreach (string name in Names)
                writer.WriteStringValue(name);
            writer.WriteEndArray();
            writer.WriteString("key", Key);
        }),
        cancellationToken);

    /// <summary>Forgets it.</summary>
    public static ValueTask DeleteAsync(IAcmeState state, string id) => state.DeleteAsync(NameOf(id), CancellationToken.None);

    /// <summary>The certificate's key; the caller disposes it.</summary>
    public ECDsa OpenKey()
    {
        ECDsa key = ECDsa.Create();
        key.ImportFromPem(Key);
        return key;
    }

    private static string NameOf(string id) => $"orders/{id}.json";
}
