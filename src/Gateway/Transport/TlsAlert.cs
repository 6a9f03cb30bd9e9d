using System.Security.Cryptography;

namespace Gateway.Transport;

/// <summary>What TLS says of a connection that broke: a server may refuse our certificate only after the handshake (TLS 1.3).</summary>
internal static class TlsAlert
{
    /// <summary>OpenSSL's words, e.g. <c>error:0A00045C:SSL routines::tlsv13 alert certificate required</c>; null = TLS is not the cause.</summary>
    public static string? Find(Exception? exception)
    {
        while (exception?.InnerException is { } inner)
            exception = inner;
        return exception is CryptographicException ? exception.Message : null;
    }
}
