using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Clusters;
using Gateway.Streams;

namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>Who is asked about.</summary>
/// <param name="Connection">The client's connection.</param>
/// <param name="Clusters">The live clusters of the snapshot in force.</param>
/// <param name="Protocol">What the client speaks.</param>
/// <param name="Time">The clock.</param>
/// <param name="Departed">The client has left.</param>
internal readonly record struct CheckSubject(
    DownstreamConnection Connection, ImmutableArray<Cluster> Clusters, UpstreamProtocol Protocol, TimeProvider Time, CancellationToken Departed)
{
    /// <summary>A request.</summary>
    public static CheckSubject Of(RequestContext request) =>
        new(request.Connection, request.Chain!.Clusters, request.ClientProtocol, request.Time, request.Http.RequestAborted);
}

/// <summary>One call to an endpoint of a service's cluster, within the cluster's limits and a deadline. Never throws but when the client leaves.</summary>
internal static class AuthorizationCall
{
    /// <summary>Most bytes of an answer.</summary>
    public const int MaxAnswerBytes = 1024 * 1024;

    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Makes the call.</summary>
    /// <param name="subject">Who is asked about.</param>
    /// <param name="service">The service.</param>
    /// <param name="message">The message, without a URI.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="read">Makes the answer of a response and its body.</param>
    public static async Task<AuthorizationAnswer> SendAsync(
        CheckSubject subject, ExtAuthzConfig service, HttpRequestMessage message, string path, Func<HttpResponseMessage, byte[], AuthorizationAnswer> read)
    {
        Cluster cluster = subject.Clusters[service.ClusterIndex];
        if (!cluster.TryBegin())
            return AuthorizationAnswer.Failed;
        try
        {
            if (cluster.Pick() is not { } endpoint)
                return AuthorizationAnswer.Failed;
            bool isHttp2 = service.IsGrpc || cluster.ProtocolFor(subject.Protocol) == UpstreamProtocol.Http2;
            HandlerTicket? ticket = null;
            if (cluster.NeedsTickets)
            {
                ticket = HandlerTicket.TryBegin(cluster, endpoint, subject.Connection.RemoteEndPoint, subject.Connection.LocalEndPoint, isHttp2);
                if (ticket is null)
                    return AuthorizationAnswer.Failed;
                HandlerTicket.Current = ticket;
                message.Options.Set(HandlerTicket.Key, ticket);
            }
            message.RequestUri = new Uri(cluster.OriginOf(endpoint, ticket) + path, AsWritten);
            message.Version = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11;
            message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            endpoint.Begin();
            try
            {
                return await SendAsync(subject, service, cluster, endpoint, message, read);
            }
            finally
            {
                endpoint.End();
                ticket?.End();
            }
        }
        finally
        {
            cluster.End();
        }
    }

    private static async Task<AuthorizationAnswer> SendAsync(
        CheckSubject subject, ExtAuthzConfig service, Cluster cluster, UpstreamEndpoint endpoint, HttpRequestMessage message,
        Func<HttpResponseMessage, byte[], AuthorizationAnswer> read)
    {
        CancellationToken client = subject.Departed;
        using var deadline = new CancellationTokenSource(service.Timeout, subject.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, client);
        try
        {
            using HttpResponseMessage response = await cluster.Client.SendAsync(message, either.Token);
            byte[]? body = await ReadAsync(response.Content, either.Token);
            int status = (int)response.StatusCode;
            cluster.ReportStatus(endpoint, status, status);
            return body is null ? AuthorizationAnswer.Failed : read(response, body);
        }
        catch (OperationCanceledException) when (client.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException)
        {
            cluster.ReportFailure(endpoint, timedOut: true);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or AuthenticationException)
        {
            cluster.ReportFailure(endpoint, timedOut: false);
        }
        catch (InvalidDataException)
        {
            // An answer that is none of the protocol's.
        }
        return AuthorizationAnswer.Failed;
    }

    private static async Task<byte[]?> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > MaxAnswerBytes)
            return null;
        await using Stream stream = await content.ReadAsStreamAsync(cancellationToken);
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (all.Length + count > MaxAnswerBytes)
                return null;
            all.Write(buffer, 0, count);
        }
        return all.ToArray();
    }

    /// <summary>A deadline as gRPC tells it: at most eight digits of milliseconds.</summary>
    public static string GrpcTimeout(TimeSpan timeout) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp((long)timeout.TotalMilliseconds, 1, 99_999_999)}m");
}
