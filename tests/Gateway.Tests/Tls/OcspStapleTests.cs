using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Testing;
using Gateway.Tls;

namespace Gateway.Tests.Tls;

public sealed class OcspStapleTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new();
    private readonly TestCertificate _certificate;

    public OcspStapleTests() => _certificate = _authority.IssueServer("a.test");

    private OcspAnswer Good => _authority.Answer(_certificate);

    public void Dispose()
    {
        _certificate.Dispose();
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public void A_good_answer_of_the_issuer_is_taken_until_it_ends()
    {
        byte[] answer = Good.Encode();
        OcspStaple staple = Assert.IsType<OcspStaple>(Read(answer));

        Assert.Equal(answer, staple.Bytes);
        Assert.True(staple.IsCurrent(Now));
        Assert.False(staple.IsCurrent(Now.AddHours(2)));
        Assert.False(staple.IsCurrent(Now.AddHours(-2)));
    }

    [Fact]
    public void An_answer_that_does_not_say_when_it_ends_is_taken_for_half_a_day()
    {
        OcspStaple staple = Assert.IsType<OcspStaple>(Read((Good with { NextUpdate = null, ThisUpdate = Now }).Encode()));

        Assert.Equal(TimeSpan.FromHours(12), staple.NextUpdate - staple.ThisUpdate);
    }

    [Fact]
    public void Whom_the_issuer_trusts_with_answers_may_sign_and_nobody_else()
    {
        using TestCertificate trusted = _authority.IssueResponder();
        using TestCertificate server = _authority.IssueServer("b.test");
        using TestCertificate foreign = _stranger.IssueResponder();

        Assert.NotNull(Read(SignedBy(trusted)));
        Assert.Null(Read(SignedBy(server)));
        Assert.Null(Read(SignedBy(foreign)));
        // Its certificate is not sent along.
        Assert.Null(Read(SignedBy(trusted, isSent: false)));
    }

    [Fact]
    public void What_clients_would_refuse_is_not_taken_and_it_is_said_why()
    {
        using TestCertificate other = _authority.IssueServer("a.test");
        byte[] spoiled = Good.Encode();
        spoiled[^5] ^= 1;
        (byte[] Answer, string Problem)[] bad =
        [
            ((Good with { Status = 1 }).Encode(), "was revoked"),
            ((Good with { Status = 2 }).Encode(), "does not know"),
            ((Good with { ResponseStatus = 3 }).Encode(), "refused (status 3)"),
            ((Good with { ThisUpdate = Now.AddDays(-2), NextUpdate = Now.AddDays(-1) }).Encode(), "expired"),
            ((Good with { ThisUpdate = Now.AddHours(1), NextUpdate = Now.AddDays(1) }).Encode(), "not valid before"),
            (_authority.Answer(other).Encode(), "another certificate"),
            ((Good with { Issuer = _stranger.Authority }).Encode(), "another certificate"),
            (spoiled, "not signed"),
            ([], "RFC 6960"), ([0x30, 0], "RFC 6960"), (Good.Encode()[..60], "RFC 6960"), ([0x30, 2, 0x0A, 0], "RFC 6960"),
        ];

        foreach ((byte[] answer, string expected) in bad)
        {
            Assert.Null(OcspStaple.TryRead(answer, new OcspCertificateId(_certificate.Certificate, _authority.Authority), Now, out string problem));
            Assert.Contains(expected, problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Any_single_wrong_byte_is_survived()
    {
        byte[] good = Good.Encode();
        var id = new OcspCertificateId(_certificate.Certificate, _authority.Authority);

        for (int i = 0; i < good.Length; i++)
        {
            byte[] spoiled = [.. good];
            spoiled[i] ^= 0xFF;
            _ = OcspStaple.TryRead(spoiled, id, Now, out _);
        }
    }

    [Fact]
    public void Without_the_issuer_the_serial_number_has_to_do()
    {
        using TestCertificate other = _authority.IssueServer("a.test");
        var id = new OcspCertificateId(_certificate.Certificate, null);

        Assert.NotNull(OcspStaple.TryRead(Good.Encode(), id, Now, out _));
        Assert.Null(OcspStaple.TryRead(_authority.Answer(other).Encode(), id, Now, out _));
        Assert.Null(id.Question());
    }

    [Fact]
    public void A_staple_of_the_Secret_goes_before_a_fetched_one_while_it_is_in_force()
    {
        using TestCertificate certificate = _authority.IssueServerWithResponder("http://ocsp.test/", "a.test");
        var slot = new StapleSlot(certificate.Certificate, _authority.Authority);
        byte[] given = (_authority.Answer(certificate) with { NextUpdate = Now.AddMinutes(30) }).Encode();
        byte[] fetched = _authority.Answer(certificate).Encode();

        Assert.NotNull(slot.Take(fetched, Now, null));
        Assert.Null(slot.Give(given, Now));

        Assert.Equal(given, slot.Current(Now)!.Bytes);
        Assert.Equal(fetched, slot.Current(Now.AddMinutes(45))!.Bytes);
        Assert.Null(slot.Current(Now.AddMinutes(75)));
        Assert.Null(slot.Take(null, Now, "nobody is there"));
        Assert.Equal("nobody is there", slot.Problem);
        Assert.Null(slot.Give(null, Now));
        Assert.Equal(fetched, slot.Current(Now)!.Bytes);
    }

    private byte[] SignedBy(TestCertificate signer, bool isSent = true)
    {
        using ECDsa key = signer.Certificate.GetECDsaPrivateKey()!;
        return (Good with { SignerKey = key, Signer = isSent ? signer.Certificate : null }).Encode();
    }

    private OcspStaple? Read(byte[] answer) => OcspStaple.TryRead(answer, new OcspCertificateId(_certificate.Certificate, _authority.Authority), Now, out _);
}
