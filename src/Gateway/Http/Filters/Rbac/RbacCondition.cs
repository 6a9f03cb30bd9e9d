using System.Globalization;
using Gateway.Matching;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Filters.Rbac;

/// <summary>One condition of a rule. Immutable; <see cref="Holds"/> allocates nothing of its own.</summary>
internal abstract class RbacCondition
{
    /// <summary>The attribute in Istio's words, e.g. <c>request.headers[x-name]</c>.</summary>
    public required string Attribute { get; init; }

    /// <summary>Whether the comparison must not hold.</summary>
    public bool Negated { get; init; }

    /// <summary>Cheap ones are tested first.</summary>
    public virtual int Cost => 1;

    /// <summary>Whether it holds.</summary>
    public bool Holds(RbacInput input) => IsMatch(input) != Negated;

    /// <summary>What is asked for and what there is, for people.</summary>
    public string Describe(RbacInput input) => $"{Attribute} must {(Negated ? "not " : "")}be {Wanted}, and is {Actual(input)}";

    /// <summary>Whether one of the values is what there is.</summary>
    protected abstract bool IsMatch(RbacInput input);

    /// <summary>The values, for people.</summary>
    protected abstract string Wanted { get; }

    /// <summary>What there is, for people.</summary>
    protected abstract string Actual(RbacInput input);

    /// <summary>Several values in words.</summary>
    protected static string List(IEnumerable<string> values)
    {
        string[] all = [.. values.Select(value => $"\"{value}\"")];
        return all.Length == 1 ? all[0] : $"one of {string.Join(", ", all)}";
    }

    /// <summary>A text, or that there is none.</summary>
    protected static string Show(string? text) => text is null ? "missing" : $"\"{text}\"";
}

/// <summary>What a <see cref="TextCondition"/> looks at.</summary>
internal enum RbacText
{
    /// <summary>Path without query.</summary>
    Path,

    /// <summary>Method.</summary>
    Method,

    /// <summary>Authority with port.</summary>
    Host,

    /// <summary>Server name of the TLS hello.</summary>
    Sni,

    /// <summary>SPIFFE identity of the client's certificate, without the scheme.</summary>
    Peer,
}

/// <summary>A text of the request or connection against patterns.</summary>
internal sealed class TextCondition(RbacText text, TextPattern[] patterns) : RbacCondition
{
    private readonly int _cost = patterns.Max(pattern => pattern.Kind is TextPatternKind.Regex ? 20 : pattern.Kind is TextPatternKind.Template ? 5 : 2);

    public RbacText Text => text;

    public IReadOnlyList<TextPattern> Patterns => patterns;

    public override int Cost => _cost;

    protected override string Wanted => List(patterns.Select(pattern => pattern.ToString()));

    protected override bool IsMatch(RbacInput input)
    {
        if (Value(input) is not { } value)
            return false;
        foreach (TextPattern pattern in patterns)
        {
            if (pattern.IsMatch(value))
                return true;
        }
        return false;
    }

    protected override string Actual(RbacInput input) => Show(Value(input));

    private string? Value(RbacInput input) => text switch
    {
        RbacText.Path => input.Path,
        RbacText.Method => input.Method,
        RbacText.Host => input.Authority,
        RbacText.Sni => input.Connection.RequestedServerName ?? "",
        _ => input.Connection.PeerIdentity,
    };
}

/// <summary>A header: each of its lines is tested alone.</summary>
internal sealed class HeaderValuesCondition(string name, TextPattern[] patterns) : RbacCondition
{
    public override int Cost => 4;

    protected override string Wanted => List(patterns.Select(pattern => pattern.ToString()));

    protected override bool IsMatch(RbacInput input)
    {
        StringValues values = input.Header(name);
        for (int i = 0; i < values.Count; i++)
        {
            // What clients send comes as one character per byte; what is configured is text.
            string value = HeaderText.FromWire(values[i] ?? "");
            foreach (TextPattern pattern in patterns)
            {
                if (pattern.IsMatch(value))
                    return true;
            }
        }
        return false;
    }

    protected override string Actual(RbacInput input) =>
        SecretText.IsSecretHeader(name) ? "(hidden)" : input.Header(name) is { Count: > 0 } values ? List(values.Select(value => value ?? "")) : "missing";
}

/// <summary>Whose address an <see cref="AddressCondition"/> looks at.</summary>
internal enum RbacAddress
{
    /// <summary>The direct peer.</summary>
    Peer,

    /// <summary>The client behind trusted proxies.</summary>
    Client,

    /// <summary>Ours.</summary>
    Local,
}

/// <summary>An address against addresses and ranges.</summary>
internal sealed class AddressCondition(RbacAddress address, IpRange[] ranges, IReadOnlyList<string> written) : RbacCondition
{
    public override int Cost => 3;

    protected override string Wanted => List(written);

    protected override bool IsMatch(RbacInput input)
    {
        if (Value(input) is not { } value)
            return false;
        foreach (IpRange range in ranges)
        {
            if (range.Contains(value))
                return true;
        }
        return false;
    }

    protected override string Actual(RbacInput input) => Value(input) is { } value ? Text(value) : "unknown";

    private IpNumber? Value(RbacInput input) => address switch
    {
        RbacAddress.Peer => input.Peer,
        RbacAddress.Client => input.Client,
        _ => input.Local,
    };

    private static string Text(IpNumber number)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, number.Value);
        return new System.Net.IPAddress(number.IsV6 ? bytes : bytes[12..]).ToString();
    }
}

/// <summary>The listener's port.</summary>
internal sealed class PortCondition(int[] ports) : RbacCondition
{
    protected override string Wanted => List(ports.Select(port => port.ToString(CultureInfo.InvariantCulture)));

    protected override bool IsMatch(RbacInput input) => ports.AsSpan().Contains(input.Connection.ListenerPort);

    protected override string Actual(RbacInput input) => input.Connection.ListenerPort.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A claim of the valid token: a text, or one of a list of texts.</summary>
internal sealed class ClaimCondition(string[] path, TextPattern[] patterns) : RbacCondition
{
    public override int Cost => 6;

    protected override string Wanted => List(patterns.Select(pattern => pattern.ToString()));

    protected override bool IsMatch(RbacInput input)
    {
        if (input.Claims?.Find(path) is not { } claim)
            return false;
        foreach (TextPattern pattern in patterns)
        {
            if (claim.Kind == ClaimKind.Text && pattern.IsMatch(claim.Text))
                return true;
            foreach (ClaimValue item in claim.Items)
            {
                if (item.Kind == ClaimKind.Text && pattern.IsMatch(item.Text))
                    return true;
            }
        }
        return false;
    }

    protected override string Actual(RbacInput input) => input.Claims is null ? "missing: there is no valid token" : input.Claims.Find(path) switch
    {
        null => "missing",
        { Kind: ClaimKind.Text } text => Show(text.Text),
        { Kind: ClaimKind.List } list => List(list.Items.Select(item => item.Text)),
        var other => $"a claim of kind {other.Kind}",
    };
}

/// <summary>Issuer and subject of the valid token.</summary>
internal sealed class RequestPrincipalCondition((TextPattern Issuer, TextPattern Subject)[] principals, IReadOnlyList<string> written) : RbacCondition
{
    public override int Cost => 6;

    protected override string Wanted => List(written);

    protected override bool IsMatch(RbacInput input)
    {
        if (Claim(input, "iss") is not { } issuer || Claim(input, "sub") is not { } subject)
            return false;
        foreach ((TextPattern wantedIssuer, TextPattern wantedSubject) in principals)
        {
            if (wantedIssuer.IsMatch(issuer) && wantedSubject.IsMatch(subject))
                return true;
        }
        return false;
    }

    protected override string Actual(RbacInput input) =>
        Claim(input, "iss") is { } issuer && Claim(input, "sub") is { } subject ? $"\"{issuer}/{subject}\"" : "missing: there is no valid token with issuer and subject";

    private static string? Claim(RbacInput input, string name) => input.Claims?.Find(name) is { Kind: ClaimKind.Text } claim ? claim.Text : null;
}

/// <summary>Metadata that no filter of this gateway writes: never there.</summary>
internal sealed class NeverCondition(IReadOnlyList<string> written) : RbacCondition
{
    public override int Cost => 0;

    protected override string Wanted => List(written);

    protected override bool IsMatch(RbacInput input) => false;

    protected override string Actual(RbacInput input) => "missing";
}
