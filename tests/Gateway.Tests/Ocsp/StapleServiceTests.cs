using System.Net;
using System.Text;
using Gateway.Clusters.Discovery;
using Gateway.Ocsp;
using Gateway.Testing;
using Gateway.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Ocsp;

public sealed class StapleServiceTests : IDisposable
{
    private static readonly StapleTiming Fast = new()
    {
        RequestTimeout = TimeSpan.FromMilliseconds(300),
        FirstPause = TimeSpan.FromMilliseconds(50),
        LongestPause = TimeSpan.FromMilliseconds(200),
        ShortestRefresh = TimeSpan.FromMilliseconds(100),
        LongestRefresh = TimeSpan.FromMilliseconds(100),
    };

    private readonly TestCertificates _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task A_responder_is_asked_again_after_failures_and_before_its_answer_ends()
    {
        TestCertificate? certificate = null;
        int asked = 0;
        List<string?> types = [];
        await using ScriptedHttpServer responder = await ScriptedHttpServer.StartAsync(async context =>
        {
            types.Add(context.Request.ContentType);
            await context.Request.Body.CopyToAsync(Stream.Null);
            switch (Interlocked.Increment(ref asked))
            {
                case 1:
                    context.Response.StatusCode = 500;
                    break;
                case 2:
                    await context.Response.Body.WriteAsync(new byte[OcspClient.MaxBytes + 1]);
                    break;
                case 3:
                    await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                    break;
                case 4:
                    await context.Response.WriteAsync("nonsense");
                    break;
                default:
                    await context.Response.Body.WriteAsync(_authority.Answer(certificate!).Encode());
                    break;
            }
        });
        certificate = _authority.IssueServerWithResponder(responder.Url + "/", "a.test");
        CertificateMaterial material = Material(certificate);
        await using StapleService service = Start(() => [material]);

        await Eventually.HoldsAsync(() => asked >= 2 && material.Staple.Problem is { } problem && !problem.Contains("500", StringComparison.Ordinal), "a failure is said");
        await Eventually.HoldsAsync(() => material.Staple.Current(DateTimeOffset.UtcNow) is not null, "there is a staple");
        int then = asked;
        await Eventually.HoldsAsync(() => asked > then + 1, "it is asked again");

        Assert.Null(material.Staple.Problem);
        Assert.All(types, type => Assert.Equal("application/ocsp-request", type));
        certificate.Dispose();
    }

    [Fact]
    public async Task A_certificate_that_comes_later_is_asked_for_at_once_and_one_with_a_given_staple_is_not()
    {
        List<string> asked = [];
        Dictionary<string, TestCertificate> certificates = [];
        await using ScriptedHttpServer responder = await ScriptedHttpServer.StartAsync(async context =>
        {
            string name = context.Request.Path.Value![1..];
            lock (asked)
                asked.Add(name);
            await context.Response.Body.WriteAsync(_authority.Answer(certificates[name]).Encode());
        });
        foreach (string name in (string[])["given", "first", "later"])
            certificates[name] = _authority.IssueServerWithResponder($"{responder.Url}/{name}", $"{name}.test");
        CertificateMaterial given = Material(certificates["given"]);
        Assert.Null(given.Staple.Give(_authority.Answer(certificates["given"]).Encode(), DateTimeOffset.UtcNow));
        CertificateMaterial first = Material(certificates["first"]);
        CertificateMaterial later = Material(certificates["later"]);
        IReadOnlyCollection<CertificateMaterial> served = [given, first];
        await using StapleService service = Start(() => served, new StapleTiming());
        await Eventually.HoldsAsync(() => first.Staple.Current(DateTimeOffset.UtcNow) is not null, "the first has its staple");

        served = [given, first, later];
        service.Look();

        await Eventually.HoldsAsync(() => later.Staple.Current(DateTimeOffset.UtcNow) is not null, "the later one has its staple");
        Assert.Equal(["first", "later"], asked);
        foreach (TestCertificate certificate in certificates.Values)
            certificate.Dispose();
    }

    [Fact]
    public async Task A_certificate_whose_issuer_is_not_known_is_not_asked_for_and_that_is_said()
    {
        using TestCertificate certificate = _authority.IssueServerWithResponder("http://127.0.0.1:1/", "a.test");
        CertificateMaterial material = Material(certificate, withIssuer: false);
        await using StapleService service = Start(() => [material]);

        await Eventually.HoldsAsync(() => material.Staple.Problem is not null, "the problem is said");
        Assert.Contains("issuer is not in its chain", material.Staple.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Pauses_grow_to_a_limit_and_answers_are_refreshed_halfway()
    {
        var timing = new StapleTiming();

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], Enumerable.Range(1, 8).Select(failures => timing.Pause(failures).TotalMinutes));
        Assert.Equal(TimeSpan.FromHours(1), timing.Pause(1000));
        Assert.Equal(TimeSpan.FromHours(3), timing.Refresh(TimeSpan.FromHours(6)));
        Assert.Equal(TimeSpan.FromMinutes(5), timing.Refresh(TimeSpan.FromSeconds(1)));
        Assert.Equal(TimeSpan.FromDays(1), timing.Refresh(TimeSpan.FromDays(30)));
    }

    private static StapleService Start(Func<IReadOnlyCollection<CertificateMaterial>> served, StapleTiming? timing = null) => new(
        served, new DnsResolver(new ResolverConfig { Servers = [new IPEndPoint(IPAddress.Loopback, 1)] }, TimeProvider.System), timing ?? Fast, TimeProvider.System, NullLogger<StapleService>.Instance);

    private CertificateMaterial Material(TestCertificate certificate, bool withIssuer = true) => CertificateMaterial.TryParse(
        Encoding.ASCII.GetBytes(certificate.CertificatePem + (withIssuer ? "\n" + _authority.AuthorityPem : "")), Encoding.ASCII.GetBytes(certificate.KeyPem), DateTimeOffset.UtcNow, out _)!;
}
