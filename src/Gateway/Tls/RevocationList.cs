using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gateway.Tls;

/// <summary>
/// A certificate revocation list (RFC 5280 section 5): which serial numbers its issuer takes back. .NET reads such lists
/// only from the system's own folder, so the structure is read here; signatures are checked by the platform. Immutable.
/// </summary>
internal sealed class RevocationList
{
    private const string BeginLabel = "X509 CRL";

    // Kept small: lists of a million entries occur.
    private readonly HashSet<Int128> _short = [];
    private readonly HashSet<BigInteger> _long = [];
    private readonly SignedContent _signed;

    private RevocationList(byte[] issuer, SignedContent signed, DateTimeOffset thisUpdate, DateTimeOffset? nextUpdate)
    {
        Issuer = issuer;
        _signed = signed;
        ThisUpdate = thisUpdate;
        NextUpdate = nextUpdate;
    }

    /// <summary>Encoded name of the authority.</summary>
    public byte[] Issuer { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset ThisUpdate { get; }

    /// <summary>When the next one is due; null = not said.</summary>
    public DateTimeOffset? NextUpdate { get; }

    /// <summary>How many certificates it takes back.</summary>
    public int Count => _short.Count + _long.Count;

    /// <summary>Reads all lists of a text in PEM, or the one that is in DER.</summary>
    /// <exception cref="CryptographicException">The text holds none, or a broken one.</exception>
    public static IReadOnlyList<RevocationList> ReadAll(byte[] text)
    {
        if (text.Length > 0 && text[0] == 0x30)
            return [Read(text)];
        List<RevocationList> lists = [];
        ReadOnlySpan<char> rest = Encoding.UTF8.GetString(text);
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            if (rest[fields.Label].SequenceEqual(BeginLabel))
                lists.Add(Read(Convert.FromBase64String(rest[fields.Base64Data].ToString())));
            rest = rest[fields.Location.End..];
        }
        return lists.Count > 0 ? lists : throw new CryptographicException("The text holds no list of revoked certificates.");
    }

    /// <summary>Whether a certificate is on it.</summary>
    public bool Contains(X509Certificate2 certificate) => Contains(new BigInteger(certificate.SerialNumberBytes.Span, isUnsigned: false, isBigEndian: true));

    /// <summary>Whether the authority has signed it.</summary>
    public bool IsSignedBy(X509Certificate2 authority) => _signed.IsSignedBy(authority);

    private bool Contains(BigInteger serial) => IsShort(serial) ? _short.Contains((Int128)serial) : _long.Contains(serial);

    private static bool IsShort(BigInteger serial) => serial >= (BigInteger)Int128.MinValue && serial <= (BigInteger)Int128.MaxValue;

    private static RevocationList Read(byte[] der)
    {
        try
        {
            SignedContent signed = SignedContent.Read(new AsnReader(der, AsnEncodingRules.DER).ReadSequence());
            AsnReader list = new AsnReader(signed.Content, AsnEncodingRules.DER).ReadSequence();
            if (list.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
                list.ReadInteger();
            list.ReadSequence();
            byte[] issuer = list.ReadEncodedValue().ToArray();
            DateTimeOffset thisUpdate = ReadTime(list);
            DateTimeOffset? nextUpdate = list.HasData && IsTime(list.PeekTag()) ? ReadTime(list) : null;
            var result = new RevocationList(issuer, signed, thisUpdate, nextUpdate);
            if (list.HasData && list.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
                result.ReadEntries(list.ReadSequence());
            return result;
        }
        catch (AsnContentException e)
        {
            throw new CryptographicException("A list of revoked certificates is broken.", e);
        }
    }

    private void ReadEntries(AsnReader entries)
    {
        while (entries.HasData)
        {
            BigInteger serial = entries.ReadSequence().ReadInteger();
            if (IsShort(serial))
                _short.Add((Int128)serial);
            else
                _long.Add(serial);
        }
    }

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}
