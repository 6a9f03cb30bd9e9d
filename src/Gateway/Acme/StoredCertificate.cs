using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Acme.State;
using Gateway.Config;

namespace Gateway.Acme;

/// <summary>A certificate in the shared state: key and chain in one value, so that they never belong to different orders.</summary>
/// <param name="Content">The value as it is stored.</param>
/// <param name="Chain">PEM, leaf first.</param>
/// <param name="Key">PEM.</param>
/// <param name="Leaf">The certificate, without its key.</param>
internal sealed record StoredCertificate(byte[] Content, byte[] Chain, byte[] Key, X509Certificate2 Leaf)
{
    private const string ChainBegin = "-----BEGIN CERTIFICATE-----";

    /// <summary>Reads one; null = there is none, or none that can be read.</summary>
    public static async Task<StoredCertificate?> ReadAsync(IAcmeState state, string id, CancellationToken cancellationToken) =>
        await state.ReadAsync(NameOf(id), cancellationToken) is { } content ? Parse(content) : null;

    /// <summary>Stores one.</summary>
    public static ValueTask WriteAsync(IAcmeState state, string id, OrderedCertificate certificate, CancellationToken cancellationToken) =>
        state.WriteAsync(NameOf(id), Encoding.ASCII.GetBytes($"{certificate.Key.TrimEnd()}\n{certificate.Chain}"), cancellationToken);

    /// <summary>Whether it has exactly the names.</summary>
    public bool IsFor(EquatableArray<string> names)
    {
        SortedSet<string> own = new(StringComparer.Ordinal);
        foreach (X509SubjectAlternativeNameExtension extension in Leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>())
            own.UnionWith(extension.EnumerateDnsNames().Select(name => name.ToLowerInvariant()));
        return own.SetEquals(names);
    }

    private static StoredCertificate? Parse(byte[] content)
    {
        string text = Encoding.ASCII.GetString(content);
        int chain = text.IndexOf(ChainBegin, StringComparison.Ordinal);
        if (chain <= 0)
            return null;
        try
        {
            return new StoredCertificate(content, Encoding.ASCII.GetBytes(text[chain..]), Encoding.ASCII.GetBytes(text[..chain]), X509Certificate2.CreateFromPem(text.AsSpan(chain)));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static string NameOf(string id) => $"certificates/{id}.pem";
}
