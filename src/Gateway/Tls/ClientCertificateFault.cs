namespace Gateway.Tls;

/// <summary>Why a client's certificate is refused: labels of a counter.</summary>
internal enum ClientCertificateReason
{
    /// <summary>None was shown where one is required.</summary>
    Missing,

    /// <summary>Its time is over, or that of one of its authorities.</summary>
    Expired,

    /// <summary>Its time has not come.</summary>
    NotYetValid,

    /// <summary>It is not meant for clients.</summary>
    WrongUsage,

    /// <summary>No chain leads to one of our authorities.</summary>
    UnknownAuthority,

    /// <summary>Its authority has taken it back.</summary>
    Revoked,

    /// <summary>Lists of revoked certificates are given, but none that is valid for its authority.</summary>
    RevocationUnknown,

    /// <summary>It has none of the wanted names.</summary>
    WrongName,

    /// <summary>It has none of the wanted hashes.</summary>
    NotPinned,

    /// <summary>It is no identity of the mesh.</summary>
    WrongIdentity,

    /// <summary>Anything else that the platform finds.</summary>
    Invalid,
}

/// <summary>Why a client's certificate is refused.</summary>
/// <param name="Reason">For counting.</param>
/// <param name="Text">For people.</param>
internal sealed record ClientCertificateFault(ClientCertificateReason Reason, string Text);
