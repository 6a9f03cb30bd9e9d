using System.Text;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Conformance.Tests.Cases;
using Gateway.Tls;
using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>Which keys of a Secret are read for what. Errors are compared by whether there is one: their words are Istio's.</summary>
internal sealed class SecretSuite : ISuite
{
    public bool Takes(ConformanceCase test) => test.Area("tls") && test.Node.Get("input", "lookup") is not null;

    public Task<IReadOnlyList<string>> RunAsync(ConformanceCase test, CancellationToken cancel)
    {
        string name = test.Node.Get("input", "lookup", "name").Text() ?? throw new InvalidDataException("a look-up has no name");
        // All Secrets of the file are in namespace default; one that is looked for elsewhere has nothing to give.
        YamlNode? node = test.Node.Get("input", "lookup", "namespace").Text() is null or "default"
            ? ((YamlNode)Yaml.ReadFile(test.File.Path)).Get("secrets", name) ?? throw new InvalidDataException($"there is no secret {name}")
            : null;
        SecretSpec secret = Read(node);
        bool hasCertificate = SecretReader.TryReadCertificate(secret, out byte[] certificate, out byte[] key);
        bool hasAuthorities = SecretReader.TryReadAuthorities(secret, out byte[] authorities);
        _ = SecretReader.TryReadRevocations(secret, out byte[] revocations);
        _ = SecretReader.TryReadStaple(secret, out byte[] staple);
        IReadOnlyList<string> differences = [.. test.Expect.Entries().SelectMany(expected => expected.Key switch
        {
            "cert" => Same(expected, hasCertificate, certificate),
            "key" => Same(expected, hasCertificate, key),
            "caCert" => Same(expected, hasAuthorities, authorities),
            "crl" or "caCrl" => Same(expected, true, revocations),
            "ocspStaple" => Same(expected, true, staple),
            "certError" => hasCertificate ? ["certError: expected one"] : [],
            "caError" => hasAuthorities ? ["caError: expected one"] : [],
            _ => (IEnumerable<string>)[$"unsupported expectation key \"{expected.Key}\""],
        })];
        return Task.FromResult(differences);
    }

    private static SecretSpec Read(YamlNode? node) => new()
    {
        Data = new(node.Entries().Select(entry => KeyValuePair.Create(entry.Key, EquatableArray.Create<byte>(Encoding.UTF8.GetBytes(entry.Value.Text() ?? ""))))),
    };

    private static IEnumerable<string> Same(KeyValuePair<string, YamlNode> expected, bool found, byte[] actual) =>
        found && expected.Value.Text() == Encoding.UTF8.GetString(actual) ? [] : [$"{expected.Key}: expected {expected.Value.Text()}, got {Encoding.UTF8.GetString(actual)}"];
}
