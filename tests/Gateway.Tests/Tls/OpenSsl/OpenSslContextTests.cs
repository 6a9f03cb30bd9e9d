using System.Security.Authentication;
using Gateway.Testing;
using Gateway.Tests.Transport;
using Gateway.Tls;
using Gateway.Tls.OpenSsl;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tls.OpenSsl;

public sealed class OpenSslContextTests
{
    [LinuxFact]
    public void Settings_that_OpenSSL_is_not_asked_for_are_left_to_SslStream_and_that_is_said_once()
    {
        using var authority = new TestCertificates();
        using TestCertificate certificate = authority.IssueServer("a.test");
        CertificateMaterial material = CertificateMaterial.TryParse(
            System.Text.Encoding.ASCII.GetBytes(certificate.CertificatePem), System.Text.Encoding.ASCII.GetBytes(certificate.KeyPem), TimeProvider.System.GetUtcNow(), out _)!;
        List<string> problems = [];
        var engine = new OpenSslEngine(TimeProvider.System, problems.Add);
#pragma warning disable CA5397, SYSLIB0039 // Old versions are what is refused here.
        var old = new DownstreamTlsConfig { Certificates = [], Protocols = SslProtocols.Tls11 | SslProtocols.Tls12 };
#pragma warning restore CA5397, SYSLIB0039

        var first = new DownstreamTlsContext(old, [material], null, TimeProvider.System, openSsl: engine);
        var second = new DownstreamTlsContext(old, [material], null, TimeProvider.System, openSsl: engine);
        var modern = new DownstreamTlsContext(new DownstreamTlsConfig { Certificates = [] }, [material], null, TimeProvider.System, openSsl: engine);

        Assert.Null(first.OpenSsl);
        Assert.Null(second.OpenSsl);
        Assert.True(first.IsUsable);
        Assert.NotNull(modern.OpenSsl);
        Assert.Single(problems);
    }

    [Fact]
    public void A_tickets_key_is_replaced_and_taken_for_one_period_more()
    {
        FakeTimeProvider time = new();
        var tickets = new OpenSslTickets(time);
        OpenSslTickets.Key first = tickets.ForNew();

        time.Advance(OpenSslTickets.Period);
        OpenSslTickets.Key second = tickets.ForNew();
        OpenSslTickets.Key? firstInSecondPeriod = tickets.ForOld(first.Name);
        time.Advance(OpenSslTickets.Period);
        OpenSslTickets.Key? firstInThirdPeriod = tickets.ForOld(first.Name);

        Assert.NotEqual(first.Name, second.Name);
        Assert.Same(first, firstInSecondPeriod);
        Assert.Null(firstInThirdPeriod);
        Assert.Same(second, tickets.ForOld(second.Name));
    }

    [Fact]
    public void After_a_long_rest_no_old_ticket_is_taken()
    {
        FakeTimeProvider time = new();
        var tickets = new OpenSslTickets(time);
        OpenSslTickets.Key first = tickets.ForNew();

        time.Advance(OpenSslTickets.Period * 3);

        Assert.Null(tickets.ForOld(first.Name));
    }
}
