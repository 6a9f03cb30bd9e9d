using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;

namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>Asks a service that speaks gRPC.</summary>
internal static class GrpcAuthorization
{
    private const int Frame = 5;

    /// <summary>Asks about a request.</summary>
    public static Task<AuthorizationAnswer> AskAsync(RequestContext request, ExtAuthzConfig service, CheckedBody body) =>
        AskAsync(CheckSubject.Of(request), service, CheckMessages.Write(request, body, service.PacksBytes));

    /// <summary>Asks about a connection.</summary>
    public static Task<AuthorizationAnswer> AskAsync(CheckSubject subject, ExtAuthzConfig service) =>
        AskAsync(subject, service, CheckMessages.Write(subject.Connection));

    private static async Task<AuthorizationAnswer> AskAsync(CheckSubject subject, ExtAuthzConfig service, byte[] check)
    {
        byte[] framed = new byte[Frame + check.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), check.Length);
        check.CopyTo(framed, Frame);
        using var message = new HttpRequestMessage(HttpMethod.Post, (Uri?)null);
        message.Content = new ByteArrayContent(framed) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } };
        message.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        message.Headers.TryAddWithoutValidation(HeaderNames.Host, service.Authority);
        message.Headers.TryAddWithoutValidation(HeaderNames.GrpcTimeout, AuthorizationCall.GrpcTimeout(service.Timeout));
        return await AuthorizationCall.SendAsync(subject, service, message, CheckMessages.Path, Read);
    }

    private static AuthorizationAnswer Read(HttpResponseMessage response, byte[] framed)
    {
        string? status = First(response.TrailingHeaders) ?? First(response.Headers);
        if (response.StatusCode != HttpStatusCode.OK || status != "0")
            return AuthorizationAnswer.Failed;
        if (framed.Length < Frame || framed[0] != 0 || BinaryPrimitives.ReadInt32BigEndian(framed.AsSpan(1)) != framed.Length - Frame)
            return AuthorizationAnswer.Failed;
        return CheckMessages.Read(framed.AsSpan(Frame));
    }

    private static string? First(HttpResponseHeaders headers) =>
        headers.TryGetValues(HeaderNames.GrpcStatus, out IEnumerable<string>? values) ? values.First() : null;
}
