namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>What a service said.</summary>
internal enum AuthorizationVerdict
{
    /// <summary>The request passes.</summary>
    Allowed,

    /// <summary>It does not.</summary>
    Denied,

    /// <summary>Nothing that can be understood, or nothing at all.</summary>
    Error,
}

/// <summary>How a header is changed. Envoy <c>HeaderValueOption.HeaderAppendAction</c>; the numbers are those of the protocol.</summary>
internal enum HeaderAction
{
    /// <summary>Another line, beside those there are.</summary>
    Append = 0,

    /// <summary>Only where there is none.</summary>
    AddIfAbsent = 1,

    /// <summary>Instead of those there are.</summary>
    Overwrite = 2,

    /// <summary>Only where there is one, and instead of it.</summary>
    OverwriteIfExists = 3,

    /// <summary>Another line, but only where there is one (the protocol's older <c>append: true</c>).</summary>
    AppendIfExists = 4,
}

/// <summary>A header that an answer wants changed. The value is as headers are carried: one char for each byte.</summary>
internal readonly record struct HeaderChange(string Name, string Value, HeaderAction Action);

/// <summary>A service's answer.</summary>
internal sealed class AuthorizationAnswer
{
    /// <summary>No answer.</summary>
    public static AuthorizationAnswer Failed { get; } = new() { Verdict = AuthorizationVerdict.Error };

    /// <summary>The verdict.</summary>
    public required AuthorizationVerdict Verdict { get; init; }

    /// <summary>Status for the client, where it does not pass; 0 = the provider's for errors.</summary>
    public int Status { get; init; }

    /// <summary>Body for the client, where it does not pass.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Headers for the client where it does not pass; repeated names are lines of their own.</summary>
    public List<HeaderChange> DenialHeaders { get; init; } = [];

    /// <summary>Changes of the request.</summary>
    public List<HeaderChange> RequestHeaders { get; init; } = [];

    /// <summary>Headers taken from the request.</summary>
    public List<string> RemovedHeaders { get; init; } = [];

    /// <summary>Changes of the response.</summary>
    public List<HeaderChange> ResponseHeaders { get; init; } = [];

    /// <summary>Query parameters set.</summary>
    public List<KeyValuePair<string, string>> QuerySet { get; init; } = [];

    /// <summary>Query parameters removed.</summary>
    public List<string> QueryRemoved { get; init; } = [];
}
