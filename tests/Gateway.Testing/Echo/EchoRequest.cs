using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Testing.Echo;

/// <summary>What an <see cref="EchoUpstream"/> saw of one request; also the JSON it answers with.</summary>
public sealed record EchoRequest
{
    /// <summary>Name of the echo server.</summary>
    public required string Upstream { get; init; }

    /// <summary>The port it was reached at.</summary>
    public required int LocalPort { get; init; }

    /// <summary>Method.</summary>
    public required string Method { get; init; }

    /// <summary>The request target byte for byte: path with query.</summary>
    public required string Target { get; init; }

    /// <summary>Host header or :authority.</summary>
    public required string Authority { get; init; }

    /// <summary><c>HTTP/1.1</c>, <c>HTTP/2</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>Header names in lower case with all their values in order; without pseudo headers and host.</summary>
    public required Dictionary<string, string[]> Headers { get; init; }

    /// <summary>Length of the body.</summary>
    public required long BodyBytes { get; init; }

    /// <summary>SHA-256 of the body, hexadecimal.</summary>
    public required string BodySha256 { get; init; }

    /// <summary>Whether the connection was TLS.</summary>
    public required bool Tls { get; init; }

    /// <summary>Server name of the TLS handshake.</summary>
    public string? ServerName { get; init; }

    /// <summary>Subject of the client's certificate.</summary>
    public string? ClientCertificateSubject { get; init; }

    /// <summary>Identifies the connection, to see reuse.</summary>
    public required string ConnectionId { get; init; }

    /// <summary>Reads the JSON that an echo server answered with.</summary>
    public static EchoRequest Parse(string json) =>
        JsonSerializer.Deserialize<EchoRequest>(json, JsonSerializerOptions.Web) ?? throw new InvalidDataException("The answer is no echo: " + json);

    /// <summary>The JSON form.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

    internal static async Task<EchoRequest> ReadAsync(string upstream, HttpContext context, bool readBody)
    {
        HttpRequest request = context.Request;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = 0;
        if (readBody)
        {
            byte[] buffer = new byte[16 * 1024];
            int read;
            while ((read = await request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
            {
                hash.AppendData(buffer, 0, read);
                length += read;
            }
        }
        return new EchoRequest
        {
            Upstream = upstream,
            LocalPort = context.Connection.LocalPort,
            Method = request.Method,
            Target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            Authority = request.Headers.Host.ToString(),
            Protocol = request.Protocol,
            Headers = request.Headers
                .Where(header => header.Key[0] != ':' && !header.Key.Equals("host", StringComparison.OrdinalIgnoreCase))
                .ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.Select(value => value ?? "").ToArray()),
            BodyBytes = length,
            BodySha256 = Convert.ToHexString(hash.GetHashAndReset()),
            Tls = context.Features.Get<ISslStreamFeature>() is not null,
            ServerName = context.Features.Get<ISslStreamFeature>()?.SslStream.TargetHostName,
            ClientCertificateSubject = context.Features.Get<ISslStreamFeature>()?.SslStream.RemoteCertificate?.Subject,
            ConnectionId = context.Connection.Id,
        };
    }
}
