using System.Globalization;
using System.Text;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Conformance.Tests.Cases;
using Gateway.Routing;
using Gateway.Snapshot.Compilation;
using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Resolution;

/// <summary>Cases of kind <c>retry-policy</c>: the policy that a rule's <c>retries</c> gives.</summary>
internal sealed class RetryPolicySuite : ISuite
{
    public bool Takes(ConformanceCase test) => test.Area("routing") && test.Node.Get("kind").Text() == "retry-policy";

    public Task<IReadOnlyList<string>> RunAsync(ConformanceCase test, CancellationToken cancel)
    {
        YamlNode? input = test.Node.Get("input");
        RetryPolicy? policy = RetryPolicyCompiler.Compile(Read(input.Get("retries")), input.Get("consistentHash").Text() == "true");
        return Task.FromResult<IReadOnlyList<string>>([.. Differences(test.Expect, policy)]);
    }

    /// <summary>Compares a policy with what a case expects of it.</summary>
    public static IEnumerable<string> Differences(YamlNode? expect, RetryPolicy? policy)
    {
        foreach ((string key, YamlNode value) in expect.Entries())
        {
            if (key == "note")
                continue;
            if (key == "policy")
            {
                if (value.Text() is null && policy is not null)
                    yield return $"policy: expected none, got {policy}";
                continue;
            }
            if (policy is null)
            {
                yield return $"{key}: there is no policy";
                continue;
            }
            string expected = value is YamlSequenceNode ? string.Join(',', value.Items().Select(item => item.Text())) : value.Text() ?? "";
            string actual = key switch
            {
                "attempts" => policy.Attempts.ToString(CultureInfo.InvariantCulture),
                "retryOn" => policy.RetryOn,
                "statusCodes" => string.Join(',', policy.StatusCodes),
                "perTryTimeout" => policy.PerTryTimeout == TimeSpan.Zero ? "" : PolicyDescription.Seconds(policy.PerTryTimeout),
                "backoffBase" => PolicyDescription.Seconds(policy.BackoffBase),
                "avoidPreviousHosts" or "previousHosts" => policy.AvoidPreviousHosts ? "true" : "false",
                "hostSelectionRetryMaxAttempts" => policy.HostSelectionRetryMaxAttempts.ToString(CultureInfo.InvariantCulture),
                "retryRemoteLocalities" => policy.RetryRemoteLocalities ? "true" : "false",
                _ => $"(unsupported expectation key \"{key}\")",
            };
            if (actual != expected)
                yield return $"retries.{key}: expected {expected}, got {actual}";
        }
    }

    // Durations are read by the product, inside a VirtualService. The conditions are not: it refuses unknown ones.
    private static HttpRetry? Read(YamlNode? retries)
    {
        if (retries is null)
            return null;
        var readable = new YamlMappingNode(retries.Entries().Where(entry => entry.Key != "retryOn")
            .SelectMany(entry => (YamlNode[])[new YamlScalarNode(entry.Key), entry.Value]));
        if (retries.Get("attempts").Text() == "0")
            readable = new YamlMappingNode("attempts", "0");
        var action = new YamlSequenceNode(new YamlMappingNode("destination", new YamlMappingNode("host", "a.example.com")));
        var rule = new YamlMappingNode("route", action, "retries", readable);
        string document = new YamlMappingNode(
            "apiVersion", "networking.istio.io/v1",
            "kind", "VirtualService",
            "metadata", new YamlMappingNode("name", "retries", "namespace", "default"),
            "spec", new YamlMappingNode("hosts", new YamlSequenceNode("a.example.com"), "http", new YamlSequenceNode(rule))).Write();
        LoadResult load = new ConfigLoader().Load([new ConfigDocument("retries.yaml", Encoding.UTF8.GetBytes(document))]);
        return load.Config.VirtualServices.Single().Spec.Http[0].Retries! with { RetryOn = retries.Get("retryOn").Text() };
    }
}
