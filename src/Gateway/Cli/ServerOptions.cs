using System.CommandLine;
using System.Net;
using Gateway.Config.Model;
using Gateway.Hosting;
using Gateway.Listeners;
using Gateway.Observability;
using Microsoft.Extensions.Logging;

namespace Gateway.Cli;

/// <summary>The options of the verbs that serve: ports, access log, drain, logging.</summary>
internal sealed class ServerOptions
{
    private readonly Option<string[]> _portMap = new("--port-map")
    {
        Description = "Bind a configured port elsewhere: 80=8080, or *=0 for any free port. May be given several times.",
        HelpName = "FROM=TO",
    };

    private readonly Option<string> _admin = EndPoint("--admin-address", "127.0.0.1:15000", "Where the admin port listens: ADDRESS:PORT, PORT (on 127.0.0.1) or off.");
    private readonly Option<string> _health = EndPoint("--health-port", "15021", "Where /healthz/ready answers: PORT, ADDRESS:PORT or off.");
    private readonly Option<string> _metrics = EndPoint("--metrics-port", "15090", "Where /stats/prometheus answers: PORT, ADDRESS:PORT or off.");

    private readonly Option<string?> _accessLog = new("--access-log")
    {
        Description = "Override the MeshConfig: off, text or json (to standard output), or a file.",
        HelpName = "off|text|json|FILE",
    };

    private readonly Option<string?> _acmeState = new("--acme-state")
    {
        Description = "Directory for accounts, keys and certificates that are ordered automatically (ACME); replicas share it. Without it nothing is ordered.",
        HelpName = "DIRECTORY",
    };

    private readonly Option<string?> _acmeNameServers = new("--acme-nameservers")
    {
        Description = "Whom to ask whether a name is in the DNS before a certificate is ordered for it: ADDRESS or ADDRESS:PORT, with commas between them. By default the system's resolvers.",
        HelpName = "SERVERS",
    };

    private readonly Option<string> _drainTime;
    private readonly Option<string> _shutdownTimeout = Duration("--shutdown-timeout", "20s", "How long requests under way may take after the drain time.");

    private readonly Option<bool> _allowInvalid = new("--allow-invalid")
    {
        Description = "Start although the configuration has errors; what has none is served.",
    };

    private readonly Option<string> _transport = Choice(
        "--transport", OperatingSystem.IsLinux() ? "event-loop" : "sockets", "What carries traffic: event loops of our own (Linux), or .NET's sockets.", "event-loop", "sockets");

    private readonly Option<int> _eventLoops = new("--event-loops")
    {
        Description = "Number of event loops; 0 = one per processor.",
        HelpName = "NUMBER",
    };

    private readonly Option<string> _tls = Choice(
        "--tls", "openssl", "What ends TLS on event loops: OpenSSL 3 directly, or .NET's SslStream, which is the way wherever OpenSSL cannot be called.", "openssl", "sslstream");
    private readonly Option<string> _upstreamClient = Choice(
        "--upstream-client", "own", "What sends requests on from event loops: our own clients for HTTP/1.1 and HTTP/2, or YARP's forwarder.", "own", "yarp");
    private readonly Option<string> _retryBuffer = new("--retry-buffer")
    {
        Description = "So much of a request's body is kept so that it can be tried again: BYTES, KiB or MiB; larger ones are sent once.",
        HelpName = "SIZE",
        DefaultValueFactory = _ => "1MiB",
    };

    private readonly Option<string> _misdirected = Choice(
        "--misdirected-requests", "421", "What a TLS connection's request for a host of another server gets where certificates or demands differ: 421, or Istio's look at the connection's own routes, which ends in 404.", "421", "404");

    private readonly Option<string?> _proxyFrom = new("--proxy-protocol-from")
    {
        Description = "Who may send a PROXY header where gatewayTopology.proxyProtocol asks for one: networks, A/N,A/N. By default this host and private networks.",
        HelpName = "NETWORKS",
    };

    private readonly Option<string> _logLevel = Choice("--log-level", "info", "The least that is logged; POST /logging on the admin port changes it later.", "trace", "debug", "info", "warning", "error");
    private readonly Option<string> _logFormat = Choice("--log-format", "text", "How the log on standard error is written.", "text", "json");

    /// <summary>Makes the options.</summary>
    /// <param name="drainTime">The default of <c>--drain-time</c>.</param>
    public ServerOptions(string drainTime = "5s")
    {
        _drainTime = Duration("--drain-time", drainTime, "How long traffic is still accepted after the signal to end.");
        _eventLoops.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 1024)
                result.AddError("--event-loops: write a number from 0 to 1024.");
        });
        _retryBuffer.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !OptionTexts.TrySize(text, out _))
                result.AddError($"--retry-buffer '{text}': write a size from 0 to 1024MiB, such as 65536, 64KiB or 1MiB.");
        });
        _portMap.Validators.Add(result =>
        {
            foreach (string rule in result.GetValueOrDefault<string[]?>() ?? [])
            {
                if (PortMap.Identity.With(rule) is null)
                    result.AddError($"--port-map '{rule}': write FROM=TO with ports, for example 80=8080 or *=0.");
            }
        });
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        _acmeNameServers.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !OptionTexts.TryNameServers(text, out _))
                result.AddError($"--acme-nameservers '{text}': write IP addresses, such as 192.0.2.53 or 192.0.2.53:5353, with commas between them.");
        });
        _proxyFrom.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !OptionTexts.TryNetworks(text, out _))
                result.AddError($"--proxy-protocol-from '{text}': write networks such as 10.0.0.0/8, with commas between them.");
        });
        foreach (Option option in (Option[])[_portMap, _admin, _health, _metrics, _accessLog, _acmeState, _acmeNameServers, _drainTime, _shutdownTimeout, _allowInvalid, _transport, _eventLoops, _tls, _upstreamClient, _retryBuffer, _misdirected, _proxyFrom, _logLevel, _logFormat])
            command.Add(option);
    }

    /// <summary>Lays the options over <paramref name="options"/>.</summary>
    public BootstrapOptions Apply(ParseResult parsed, BootstrapOptions options)
    {
        PortMap ports = options.PortMap;
        foreach (string rule in parsed.GetValue(_portMap) ?? [])
            ports = ports.With(rule) ?? ports;
        bool eventLoops = parsed.GetValue(_transport) == "event-loop";
        bool yarp = parsed.GetValue(_upstreamClient) == "yarp";
        return options with
        {
            PortMap = ports,
            Identity = options.Identity with { OwnClient = eventLoops && !yarp },
            AdminEndPoint = ReadEndPoint(parsed, _admin, IPAddress.Loopback),
            HealthEndPoint = ReadEndPoint(parsed, _health, BootstrapOptions.AnyAddress),
            MetricsEndPoint = ReadEndPoint(parsed, _metrics, BootstrapOptions.AnyAddress),
            AccessLog = parsed.GetValue(_accessLog) switch
            {
                null => options.AccessLog,
                "off" => new AccessLogOverride(File: ""),
                "text" => new AccessLogOverride("/dev/stdout", AccessLogEncoding.Text),
                "json" => new AccessLogOverride("/dev/stdout", AccessLogEncoding.Json),
                string file => new AccessLogOverride(file),
            },
            Acme = options.Acme with
            {
                StateDirectory = parsed.GetValue(_acmeState),
                NameServers = parsed.GetValue(_acmeNameServers) is { } list && OptionTexts.TryNameServers(list, out IPEndPoint[] servers) ? [.. servers] : [],
            },
            DrainTime = ReadDuration(parsed, _drainTime),
            ShutdownTimeout = ReadDuration(parsed, _shutdownTimeout),
            AllowInvalid = parsed.GetValue(_allowInvalid),
            Transport = eventLoops ? TransportKind.EventLoop : TransportKind.Sockets,
            EventLoops = parsed.GetValue(_eventLoops),
            Tls = parsed.GetValue(_tls) == "sslstream" ? TlsKind.SslStream : TlsKind.OpenSsl,
            RetryBufferBytes = OptionTexts.TrySize(parsed.GetValue(_retryBuffer)!, out int bytes) ? bytes : options.RetryBufferBytes,
            UpstreamClient = yarp ? UpstreamClientKind.Yarp : UpstreamClientKind.Own,
            TellsMisdirected = parsed.GetValue(_misdirected) == "421",
            ProxyHeadersFrom = parsed.GetValue(_proxyFrom) is { } from && OptionTexts.TryNetworks(from, out IPNetwork[] networks) ? new TrustedPeers(networks) : TrustedPeers.Private,
            Workload = WorkloadIdentity.From(
                options.Identity.Namespace,
                options.Identity.Labels,
                Environment.GetEnvironmentVariable("ISTIO_META_WORKLOAD_NAME"),
                Environment.GetEnvironmentVariable("ISTIO_META_CLUSTER_ID")),
        };
    }

    /// <summary>The level asked for.</summary>
    public LogLevels Levels(ParseResult parsed) => new(parsed.GetValue(_logLevel) switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => LogLevel.Information,
    });

    /// <summary>Whether logs are JSON.</summary>
    public bool JsonLogs(ParseResult parsed) => parsed.GetValue(_logFormat) == "json";

    private static IPEndPoint? ReadEndPoint(ParseResult parsed, Option<string> option, IPAddress address) =>
        OptionTexts.TryEndPoint(parsed.GetValue(option)!, address, out IPEndPoint? endPoint) ? endPoint : null;

    private static TimeSpan ReadDuration(ParseResult parsed, Option<string> option) =>
        OptionTexts.TryDuration(parsed.GetValue(option)!, out TimeSpan duration) ? duration : TimeSpan.Zero;

    private static Option<string> EndPoint(string name, string fallback, string description)
    {
        Option<string> option = new(name) { Description = description, HelpName = "ADDRESS:PORT|off", DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !OptionTexts.TryEndPoint(text, IPAddress.Loopback, out _))
                result.AddError($"{name} '{text}': write ADDRESS:PORT with an IP address, PORT, or off.");
        });
        return option;
    }

    private static Option<string> Duration(string name, string fallback, string description)
    {
        Option<string> option = new(name) { Description = description, HelpName = "DURATION", DefaultValueFactory = _ => fallback };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !OptionTexts.TryDuration(text, out _))
                result.AddError($"{name} '{text}': write a duration such as 5s, 500ms or 1m.");
        });
        return option;
    }

    private static Option<string> Choice(string name, string fallback, string description, params string[] values)
    {
        Option<string> option = new(name) { Description = description, HelpName = string.Join('|', values), DefaultValueFactory = _ => fallback };
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}
