using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Gateway.Config.Model;
using Gateway.Matching;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>
/// Makes a number of what tells a request from others. Each part is hashed with the hash of those before it, so that
/// parts cannot run into each other. With <paramref name="shared"/> it is the start of a SHA-256 that is the same in every
/// process and tells nothing of keys; else a fast one with a seed that clients do not know, so that they cannot make keys
/// fall on each other.
/// </summary>
internal ref struct KeyHash(bool shared)
{
    private static readonly long Seed = BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(long)));

    [ThreadStatic]
    private static IncrementalHash? _sha;

    private UInt128 _value;

    /// <summary>For tables.</summary>
    public readonly ulong Short => (ulong)_value;

    /// <summary>For Redis.</summary>
    public readonly UInt128 Long => _value;

    /// <summary>Takes a part of a request.</summary>
    public void Add(RateLimitKeyPart part, RequestContext request)
    {
        switch (part.Source)
        {
            case RateLimitKeySource.ClientAddress:
                AddAddress(AddressOf(request), part.Ipv4Bits, part.Ipv6Bits);
                break;
            case RateLimitKeySource.Header:
                Add(request.Headers.TryGetValue(part.Name, out StringValues values) ? values : default);
                break;
            case RateLimitKeySource.Claim:
                Add(request.Claims?.Find(part.Claim.AsSpan()));
                break;
            case RateLimitKeySource.Host:
                Add(request.Decision.VirtualHost?.Domain ?? "");
                break;
            default:
                Add(request.Route?.Origin.Resource.Namespace ?? "");
                Add(request.Route?.Origin.Resource.Name ?? "");
                Add(request.Route?.Origin.FieldPath ?? "");
                break;
        }
    }

    /// <summary>Takes a text.</summary>
    public void Add(scoped ReadOnlySpan<char> text) => Add(MemoryMarshal.AsBytes(text));

    /// <summary>The address of a request's client; null = it has none.</summary>
    public static IpNumber? AddressOf(RequestContext request) => IpNumber.Parse(request.Info.ClientAddress) ?? IpNumber.Of(request.Connection.RemoteEndPoint);

    /// <summary>The first bits of an address.</summary>
    public static UInt128 Mask(IpNumber address, int ipv4Bits, int ipv6Bits)
    {
        int drop = address.IsV6 ? 128 - ipv6Bits : 32 - ipv4Bits;
        return drop >= 128 ? 0 : address.Value >> drop << drop;
    }

    private void AddAddress(IpNumber? address, int ipv4Bits, int ipv6Bits)
    {
        Span<byte> bytes = stackalloc byte[17];
        bytes.Clear();
        if (address is { } number)
        {
            bytes[0] = number.IsV6 ? (byte)6 : (byte)4;
            BinaryPrimitives.WriteUInt128LittleEndian(bytes[1..], Mask(number, ipv4Bits, ipv6Bits));
        }
        Add(bytes);
    }

    private void Add(StringValues values)
    {
        Add([(byte)Math.Min(values.Count, byte.MaxValue)]);
        foreach (string? value in values)
            Add(value ?? "");
    }

    private void Add(ClaimValue? claim)
    {
        Add([(byte)(claim?.Kind ?? ClaimKind.Null)]);
        if (claim is null)
            return;
        Add(claim.Text);
        Span<byte> number = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(number, claim.Number);
        Add(number);
        foreach (ClaimValue item in claim.Items)
            Add(item);
    }

    private void Add(scoped ReadOnlySpan<byte> bytes)
    {
        if (!shared)
        {
            _value = XxHash3.HashToUInt64(bytes, Seed ^ (long)(ulong)_value);
            return;
        }
        IncrementalHash sha = _sha ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt128LittleEndian(digest, _value);
        sha.AppendData(digest[..16]);
        sha.AppendData(bytes);
        sha.GetHashAndReset(digest);
        _value = BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }
}
