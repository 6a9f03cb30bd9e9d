using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Conformance.Tests.Cases;
using Gateway.Snapshot;
using Gateway.Testing;
using Gateway.Testing.Echo;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>A request sent to a gateway of its own over real sockets, through to real echo servers.</summary>
internal static class LiveRun
{
    // Enough to meet every destination of a weighted route that has a share worth the name.
    private const int MostTries = 500;
    private const int MostSamples = 5000;

    public static async Task<Observation> ObserveAsync(
        GatewaySnapshot snapshot, ConformanceCase test, CaseRequest request, CaseBackends backends,
        X509Certificate2Collection systemAuthorities, CancellationToken cancel)
    {
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(TimeSpan.Zero, systemAuthorities: systemAuthorities);
        await gateway.ApplyAsync(snapshot, cancel);
        if (gateway.FindPort(request.Port) is not { } port)
            return new Observation { Outcome = "no_listener" };
        using X509Certificate2? certificate = Certificate(test, request);
        using X509Certificate2? authority = request.Authorities is { } file ? X509CertificateLoader.LoadCertificateFromFile(CaseCertificates.Locate(test.File, file)) : null;
        var client = new CaseClient(port, request, certificate, authority);
        var observations = new List<Observation>(request.Count);
        int count = Sample(test, request.Count);
        string[] subsets = [.. test.Expect.Get("perDestination").Entries().Select(entry => entry.Key)];
        while (observations.Count < count || (observations.Count < MostTries && !subsets.All(subset => Reached(observations, subset))))
            observations.Add(await ObserveOneAsync(gateway, client, request, backends.At, cancel));
        Observation result = observations.Count == 1 && subsets.Length == 0 ? observations[0] : Join(observations);
        return gateway.Faults.Count == 0 ? result : result with { Outcome = "fault of the gateway", Detail = gateway.Faults.First() };
    }

    /// <summary>Sends one plain request to a gateway that runs.</summary>
    public static Task<Observation> SendAsync(TestGateway gateway, CaseRequest request, Func<int, Destination> destinationAt) =>
        ObserveOneAsync(gateway, new CaseClient(gateway.Port(request.Port), request, null), request, destinationAt, CancellationToken.None);

    /// <summary>
    /// How many requests to send. A share is drawn, so the case's own count would now and then miss its tolerance by chance:
    /// as many are sent that the tolerance is five standard deviations.
    /// </summary>
    private static int Sample(ConformanceCase test, int asked)
    {
        if (test.Expect.Get("weights") is null)
            return asked;
        double needed = Math.Pow(5 * 50 / Expectation.Tolerance(test.Expect), 2);
        return Math.Max(asked, (int)Math.Min(needed, MostSamples));
    }

    private static bool Reached(List<Observation> observations, string subset) => observations.Any(one => one.Destination?.Subset == subset);

    private static X509Certificate2? Certificate(ConformanceCase test, CaseRequest request)
    {
        if (request.ClientCertificate is not { } files)
            return null;
        using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(
            CaseCertificates.Locate(test.File, files.Certificate), CaseCertificates.Locate(test.File, files.Key));
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    private static async Task<Observation> ObserveOneAsync(
        TestGateway gateway, CaseClient client, CaseRequest request, Func<int, Destination> destinationAt, CancellationToken cancel)
    {
        int before = gateway.Completed.Count;
        ClientAnswer? answer;
        try
        {
            answer = await client.SendAsync(cancel);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return new Observation { Outcome = "no_listener" };
        }
        catch (Exception exception) when (exception is AuthenticationException || (exception is IOException && request.IsTls))
        {
            return new Observation { Outcome = "connection_closed", Handshake = "fail", Detail = exception.Message };
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return new Observation { Outcome = "connection_closed", Detail = exception.Message };
        }
        if (answer is null)
            return new Observation { Outcome = "connection_closed" };
        await Eventually.HoldsAsync(() => gateway.Completed.Count > before, "the gateway has ended the request");
        return Read(answer, gateway.Completed.Last(), request, destinationAt);
    }

    private static Observation Read(ClientAnswer answer, CompletedRequest completed, CaseRequest request, Func<int, Destination> destinationAt)
    {
        bool forwarded = Header(answer, EchoBehaviour.MarkerHeader) is not null;
        byte[] echo = Header(answer, EchoBehaviour.HeadEchoHeader) is { } base64 ? Convert.FromBase64String(base64) : answer.Body;
        EchoRequest? seen = forwarded ? EchoRequest.Parse(Encoding.UTF8.GetString(echo)) : null;
        return new Observation
        {
            Outcome = forwarded ? "forward" : LocalOutcome(answer, completed),
            Status = answer.Status,
            Destination = seen is null ? null : destinationAt(seen.LocalPort),
            Shares = seen is null ? null : [(destinationAt(seen.LocalPort), 100)],
            Upstream = seen is null ? null : new UpstreamView
            {
                Path = seen.Target,
                Authority = seen.Authority,
                Protocol = seen.Protocol,
                Headers = seen.Headers,
                Tls = seen.Tls,
                ServerName = seen.ServerName,
                ClientCertificateSubject = seen.ClientCertificateSubject,
            },
            ResponseHeaders = answer.Headers,
            Body = forwarded ? null : Encoding.UTF8.GetString(answer.Body),
            Detail = $"{completed.Flags} {completed.Details}",
            RouteName = completed.RouteName,
            Handshake = request.IsTls ? "ok" : null,
            GrpcStatus = answer.GrpcStatus,
        };
    }

    private static string? Header(ClientAnswer answer, string name) =>
        answer.Headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>The client alone cannot tell a missing route from a route that answers 404: Envoy's details can.</summary>
    private static string LocalOutcome(ClientAnswer answer, CompletedRequest completed) => (answer.Status, completed.Details) switch
    {
        (404, "route_not_found") => "not_found",
        (_, "fault_filter_abort") => "fault",
        ( >= 300 and < 400, _) => "redirect",
        ( >= 500, "direct_response") => "local_reply",
        ( >= 500, _) => "upstream_failure",
        _ => "local_reply",
    };

    private static Observation Join(List<Observation> observations)
    {
        Observation first = observations[0];
        Observation different = observations.FirstOrDefault(other => other.Outcome != first.Outcome || other.Status != first.Status) ?? first;
        return different with
        {
            ByDestination = [.. observations.Where(one => one.Destination is not null).DistinctBy(one => one.Destination)],
            Shares = [.. observations.Where(one => one.Destination is not null)
                .GroupBy(one => one.Destination!)
                .Select(group => (group.Key, 100.0 * group.Count() / observations.Count))],
        };
    }
}
