using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Acme;

namespace Gateway.Tests.Acme;

public sealed class RenewalScheduleTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Without_a_word_of_the_authority_a_third_of_its_life_is_left_or_a_little_less()
    {
        using X509Certificate2 certificate = Make(Start, Start.AddDays(90));

        DateTimeOffset next = RenewalSchedule.Next(certificate, null);

        Assert.InRange(next, Start.AddDays(60), Start.AddDays(63));
        Assert.Equal(next, RenewalSchedule.Next(certificate, null));
    }

    [Fact]
    public void The_authoritys_window_decides()
    {
        using X509Certificate2 certificate = Make(Start, Start.AddDays(90));

        Assert.InRange(RenewalSchedule.Next(certificate, new RenewalWindow(Start.AddDays(2), Start.AddDays(3), null)), Start.AddDays(2), Start.AddDays(3));
    }

    private static X509Certificate2 Make(DateTimeOffset from, DateTimeOffset to)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=a", key, HashAlgorithmName.SHA256).CreateSelfSigned(from, to);
    }
}
