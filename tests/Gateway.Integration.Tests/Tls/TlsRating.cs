using System.Globalization;

namespace Gateway.Integration.Tests.Tls;

/// <summary>
/// The letter that SSL Labs' Server Rating Guide (2009r) gives for what a scanner found; trust aside, as tests have an
/// authority of their own. What caps a letter beside old protocols is the caller's to look for.
/// </summary>
internal static class TlsRating
{
    /// <summary>The letter, and the scores it was made of: all; protocols, key exchange, ciphers.</summary>
    /// <param name="protocols">Versions of TLS: 1.0 to 1.3.</param>
    /// <param name="cipherBits">Key length of each cipher suite.</param>
    /// <param name="rsaBits">Length of the shortest RSA key or group.</param>
    /// <param name="tellsHsts">Whether answers have a Strict-Transport-Security of half a year or more.</param>
    public static string Of(string[] protocols, int[] cipherBits, int rsaBits, bool tellsHsts)
    {
        int protocol = (protocols.Max(OfProtocol) + protocols.Min(OfProtocol)) / 2;
        int keyExchange = rsaBits switch { < 512 => 20, < 1024 => 40, < 2048 => 80, < 4096 => 90, _ => 100 };
        int cipher = (OfBits(cipherBits.Max()) + OfBits(cipherBits.Min())) / 2;
        int score = (protocol * 30 / 100) + (keyExchange * 30 / 100) + (cipher * 40 / 100);
        string letter = score switch { >= 80 => "A", >= 65 => "B", >= 50 => "C", >= 35 => "D", >= 20 => "E", _ => "F" };
        if (letter == "A" && (protocols.Contains("1.0") || protocols.Contains("1.1") || keyExchange <= 80))
            letter = "B";
        if (!protocols.Contains("1.2") && !protocols.Contains("1.3"))
            letter = "C";
        if (letter == "A")
            letter = tellsHsts && protocols.Contains("1.3") ? "A+" : "A-";
        return string.Create(CultureInfo.InvariantCulture, $"{letter} ({score}: {protocol}, {keyExchange}, {cipher})");
    }

    private static int OfProtocol(string version) => version switch { "1.0" => 90, "1.1" => 95, _ => 100 };

    private static int OfBits(int bits) => bits switch { < 1 => 0, < 128 => 20, < 256 => 80, _ => 100 };
}
