using System.Globalization;
using System.Net;
using System.Text;
using Gateway.Matching;
using Gateway.Streams;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>The part of <c>envoy.service.auth.v3</c> that a gateway needs. The numbers are those of its published messages.</summary>
internal static class CheckMessages
{
    /// <summary>Header that tells the service whether the body is cut.</summary>
    public const string PartialBody = "x-envoy-auth-partial-body";

    /// <summary>Path of the call.</summary>
    public const string Path = "/envoy.service.auth.v3.Authorization/Check";

    /// <summary><c>CheckRequest</c> about a request.</summary>
    public static byte[] Write(RequestContext request, CheckedBody body, bool packsBytes)
    {
        var message = new ProtoWriter();
        message.Message(1, attributes =>
        {
            Peers(attributes, request.Connection);
            attributes.Message(4, inner =>
            {
                inner.Message(1, time => Timestamp(time, request.Info.StartTime));
                inner.Message(2, http => Request(http, request, body, packsBytes));
            });
        });
        return message.Written.ToArray();
    }

    /// <summary><c>CheckRequest</c> about a connection without HTTP that can be seen.</summary>
    public static byte[] Write(DownstreamConnection connection)
    {
        var message = new ProtoWriter();
        message.Message(1, attributes => Peers(attributes, connection));
        return message.Written.ToArray();
    }

    /// <summary><c>CheckResponse</c>.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static AuthorizationAnswer Read(ReadOnlySpan<byte> message)
    {
        ulong code = 0;
        ReadOnlySpan<byte> denied = default, ok = default, error = default;
        bool isError = false;
        var reader = new ProtoReader(message);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 1:
                    code = Code(reader.Bytes);
                    break;
                case 2:
                    denied = reader.Bytes;
                    break;
                case 3:
                    ok = reader.Bytes;
                    break;
                case 5:
                    error = reader.Bytes;
                    isError = true;
                    break;
            }
        }
        if (code == 0)
            return Allowed(ok);
        return isError ? Denied(AuthorizationVerdict.Error, error, 0) : Denied(AuthorizationVerdict.Denied, denied, 403);
    }

    private static void Peers(ProtoWriter attributes, DownstreamConnection connection)
    {
        attributes.Message(1, source =>
        {
            source.Message(1, address => Address(address, connection.RemoteEndPoint));
            if (connection.PeerIdentity is { } identity)
                source.Text(4, "spiffe://" + identity);
        });
        attributes.Message(2, destination => destination.Message(1, address => Address(address, connection.LocalEndPoint)));
    }

    private static void Request(ProtoWriter http, RequestContext request, CheckedBody body, bool packsBytes)
    {
        http.Text(1, request.Info.RequestId ?? "");
        http.Text(2, request.Method);
        Header(http, ":authority", request.Authority);
        Header(http, ":method", request.Method);
        Header(http, ":path", request.Path + request.Query);
        Header(http, ":scheme", request.Scheme);
        foreach (KeyValuePair<string, StringValues> header in request.Headers)
        {
            string name = header.Key.ToLowerInvariant();
            if (name.Length > 0 && name[0] != ':' && name is not (PartialBody or HeaderNames.Host))
                Header(http, name, HeaderText.FromWire(string.Join(',', header.Value.AsEnumerable())));
        }
        if (body.IsSent)
            Header(http, PartialBody, body.IsPartial ? "true" : "false");
        http.Text(4, request.Path + request.Query);
        http.Text(5, request.Authority);
        http.Text(6, request.Scheme);
        http.Number(9, (ulong)body.Bytes.Length);
        http.Text(10, request.Info.Protocol ?? "");
        if (body.Bytes.IsEmpty)
            return;
        if (packsBytes)
            http.Bytes(12, body.Bytes.Span);
        else
            http.Text(11, Encoding.UTF8.GetString(body.Bytes.Span));
    }

    private static void Header(ProtoWriter http, string name, string value) => http.Message(3, entry =>
    {
        entry.Text(1, name);
        entry.Text(2, value);
    });

    private static void Address(ProtoWriter address, EndPoint endPoint)
    {
        if (endPoint is IPEndPoint ip)
        {
            address.Message(1, socket =>
            {
                socket.Text(2, (ip.Address.IsIPv4MappedToIPv6 ? ip.Address.MapToIPv4() : ip.Address).ToString());
                socket.Number(3, (ulong)ip.Port);
            });
        }
        else
        {
            address.Message(2, pipe => pipe.Text(1, endPoint.ToString() ?? ""));
        }
    }

    private static void Timestamp(ProtoWriter time, DateTimeOffset at)
    {
        long ticks = at.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        time.Number(1, (ulong)(ticks / TimeSpan.TicksPerSecond));
        time.Number(2, (ulong)(ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick));
    }

    private static ulong Code(ReadOnlySpan<byte> status)
    {
        ulong code = 0;
        var reader = new ProtoReader(status);
        while (reader.Read())
        {
            if (reader.Field == 1)
                code = reader.Number;
        }
        return code;
    }

    private static AuthorizationAnswer Allowed(ReadOnlySpan<byte> ok)
    {
        var answer = new AuthorizationAnswer { Verdict = AuthorizationVerdict.Allowed };
        var reader = new ProtoReader(ok);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 2:
                    answer.RequestHeaders.Add(Change(reader.Bytes));
                    break;
                case 5:
                    answer.RemovedHeaders.Add(reader.Text);
                    break;
                case 6:
                    answer.ResponseHeaders.Add(Change(reader.Bytes));
                    break;
                case 7:
                    answer.QuerySet.Add(Pair(reader.Bytes));
                    break;
                case 8:
                    answer.QueryRemoved.Add(reader.Text);
                    break;
            }
        }
        return answer;
    }

    private static AuthorizationAnswer Denied(AuthorizationVerdict verdict, ReadOnlySpan<byte> denied, int status)
    {
        var headers = new List<HeaderChange>();
        byte[] body = [];
        var reader = new ProtoReader(denied);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 1 when Code(reader.Bytes) is > 0 and var code:
                    status = code is >= 200 and <= 599 ? (int)code : throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{code} is no status of an answer."));
                    break;
                case 2:
                    headers.Add(Change(reader.Bytes));
                    break;
                case 3:
                    body = reader.Bytes.ToArray();
                    break;
            }
        }
        return new AuthorizationAnswer { Verdict = verdict, Status = status, Body = body, DenialHeaders = headers };
    }

    /// <summary><c>HeaderValueOption</c>; the older <c>append</c> goes before the action.</summary>
    private static HeaderChange Change(ReadOnlySpan<byte> option)
    {
        KeyValuePair<string, string> header = default;
        bool? append = null;
        ulong action = 0;
        var reader = new ProtoReader(option);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 1:
                    header = Pair(reader.Bytes);
                    break;
                case 2:
                    append = Code(reader.Bytes) != 0;
                    break;
                case 3:
                    action = reader.Number;
                    break;
            }
        }
        if (action > (ulong)HeaderAction.OverwriteIfExists)
            throw new InvalidDataException("A header has an unknown append action.");
        HeaderAction meant = append switch
        {
            true => HeaderAction.AppendIfExists,
            false => HeaderAction.Overwrite,
            _ => (HeaderAction)action,
        };
        return new HeaderChange(header.Key ?? "", HeaderText.ToWire(header.Value ?? ""), meant);
    }

    /// <summary><c>HeaderValue</c> or <c>QueryParameter</c>; of the former, <c>raw_value</c> counts where there is no value.</summary>
    private static KeyValuePair<string, string> Pair(ReadOnlySpan<byte> pair)
    {
        string key = "", value = "", raw = "";
        var reader = new ProtoReader(pair);
        while (reader.Read())
        {
            switch (reader.Field)
            {
                case 1:
                    key = reader.Text;
                    break;
                case 2:
                    value = reader.Text;
                    break;
                case 3:
                    raw = reader.Text;
                    break;
            }
        }
        return new(key, value.Length > 0 ? value : raw);
    }
}

/// <summary>As much of a request's body as is sent with a check.</summary>
/// <param name="IsSent">Whether a body is sent at all.</param>
/// <param name="Bytes">The body, or its beginning.</param>
/// <param name="IsPartial">Whether there is more.</param>
internal readonly record struct CheckedBody(bool IsSent, ReadOnlyMemory<byte> Bytes, bool IsPartial);
