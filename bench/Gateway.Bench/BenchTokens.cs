using System.Security.Cryptography;
using System.Text;

namespace Gateway.Bench;

/// <summary>JSON Web Tokens signed with ES256 for the time of a run.</summary>
internal sealed class BenchTokens : IDisposable
{
    public const string Issuer = "bench";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The public key as a JSON Web Key Set.</summary>
    public string KeySet
    {
        get
        {
            ECPoint point = _key.ExportParameters(includePrivateParameters: false).Q;
            return $$"""{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"one","x":"{{Encode(point.X!)}}","y":"{{Encode(point.Y!)}}"}]}""";
        }
    }

    /// <summary>A token of one subject, valid for a day.</summary>
    public string For(string subject)
    {
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        string text = Encode("""{"alg":"ES256","typ":"JWT","kid":"one"}""") + "." +
            Encode($$"""{"iss":"{{Issuer}}","sub":"{{subject}}","iat":{{now}},"exp":{{now + 86400}},"groups":["staff","admins"]}""");
        return text + "." + Encode(_key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256));
    }

    /// <summary>Processor time of checking one signature here, in µs: below that no gateway can check a new token.</summary>
    public double MicrosToVerify()
    {
        const int Times = 5000;
        byte[] data = new byte[300];
        byte[] signature = _key.SignData(data, HashAlgorithmName.SHA256);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        for (int i = 0; i < Times; i++)
            _key.VerifyData(data, signature, HashAlgorithmName.SHA256);
        return (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / Times;
    }

    public void Dispose() => _key.Dispose();

    private static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
