using System.Net;
using Gateway.Matching;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Filters.Rbac;

/// <summary>
/// A request, or a connection alone, as policies look at it. What costs something to find out is found out once, when
/// the first condition asks. Used by one request after the other.
/// </summary>
internal sealed class RbacInput
{
    private readonly Dictionary<string, StringValues> _headers = new(StringComparer.Ordinal);
    private bool _knowsPeer;
    private bool _knowsClient;
    private bool _knowsLocal;
    private IpNumber? _peer;
    private IpNumber? _client;
    private IpNumber? _local;
    private string? _clientAddress;
    private string _scheme = "";
    private string _query = "";
    private IHeaderDictionary? _all;

    /// <summary>The connection.</summary>
    public DownstreamConnection Connection { get; private set; } = null!;

    /// <summary>Method.</summary>
    public string Method { get; private set; } = "";

    /// <summary>Authority with port, as sent.</summary>
    public string Authority { get; private set; } = "";

    /// <summary>Normalized path, the one that is routed and forwarded.</summary>
    public string Path { get; private set; } = "";

    /// <summary>Payload of the valid token; null = there is none.</summary>
    public ClaimValue? Claims { get; private set; }

    /// <summary>The direct peer, whatever a PROXY header says.</summary>
    public IpNumber? Peer
    {
        get
        {
            if (!_knowsPeer)
            {
                _peer = IpNumber.Of(Connection.DirectEndPoint ?? Connection.RemoteEndPoint);
                _knowsPeer = true;
            }
            return _peer;
        }
    }

    /// <summary>The client behind trusted proxies, or the one that a PROXY header names; else the peer.</summary>
    public IpNumber? Client
    {
        get
        {
            if (!_knowsClient)
            {
                _client = (_clientAddress is null ? null : IpNumber.Parse(_clientAddress)) ?? (Connection.DirectEndPoint is null ? Peer : IpNumber.Of(Connection.RemoteEndPoint));
                _knowsClient = true;
            }
            return _client;
        }
    }

    /// <summary>Our address of the connection.</summary>
    public IpNumber? Local
    {
        get
        {
            if (!_knowsLocal)
            {
                _local = Connection.LocalEndPoint is IPEndPoint ip ? IpNumber.Of(ip) : null;
                _knowsLocal = true;
            }
            return _local;
        }
    }

    /// <summary>Takes a request.</summary>
    public void Begin(RequestContext request)
    {
        Begin(request.Connection);
        Method = request.Method;
        Authority = request.Authority;
        Path = request.Path;
        Claims = request.Claims;
        _scheme = request.Scheme;
        _query = request.Query;
        _all = request.Headers;
        _clientAddress = request.Info.ClientAddress;
    }

    /// <summary>Takes a request that is only described.</summary>
    public void Begin(DownstreamConnection connection, in Routing.RouteRequest request, string clientAddress)
    {
        Begin(connection);
        Method = request.Method;
        Authority = request.Authority;
        Path = request.Path;
        Claims = request.Claims;
        _scheme = request.Scheme;
        _query = request.Query;
        _all = request.Headers;
        _clientAddress = clientAddress;
    }

    /// <summary>Takes a connection.</summary>
    public void Begin(DownstreamConnection connection)
    {
        Connection = connection;
        Method = Authority = Path = _scheme = _query = "";
        Claims = null;
        _all = null;
        _clientAddress = null;
        _knowsPeer = _knowsClient = _knowsLocal = false;
        if (_headers.Count > 0)
            _headers.Clear();
    }

    /// <summary>Lets go of the request.</summary>
    public void End() => Begin((DownstreamConnection)null!);

    /// <summary>The values of a header, or of a pseudo header such as <c>:path</c>; none if it is not there.</summary>
    public StringValues Header(string name)
    {
        if (_headers.TryGetValue(name, out StringValues known))
            return known;
        StringValues values = name switch
        {
            ":method" => Method,
            ":authority" or "host" => Authority,
            ":path" => Path + _query,
            ":scheme" => _scheme,
            _ => _all is not null && _all.TryGetValue(name, out StringValues found) ? found : default,
        };
        _headers[name] = values;
        return values;
    }
}
