using System.Globalization;
using System.Text;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Config.Resolution;
using Gateway.Conformance.Tests.Cases;
using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Resolution;

/// <summary>Cases whose <c>kind</c> is a function over DestinationRules: the policy in force, and what localities make of endpoints.</summary>
internal sealed class DestinationPolicySuite : ISuite
{
    public bool Takes(ConformanceCase test) =>
        test.Area("routing") && test.Node.Get("kind").Text() is "effective-traffic-policy" or "locality-match" or "locality-priorities";

    public Task<IReadOnlyList<string>> RunAsync(ConformanceCase test, CancellationToken cancel) => Task.FromResult(test.Node.Get("kind").Text() switch
    {
        "effective-traffic-policy" => Policy(test),
        "locality-match" => Match(test),
        _ => Priorities(test),
    });

    private static IReadOnlyList<string> Policy(ConformanceCase test)
    {
        Resource<DestinationRuleSpec> rule = Load(string.Join("---\n", test.Config.Select(document => document.Write()))).DestinationRules.Single();
        Subset? subset = rule.Spec.Subsets.FirstOrDefault(candidate => candidate.Name == test.Node.Get("input", "subset").Text());
        TrafficPolicy? actual = EffectiveTrafficPolicy.Resolve(rule.Spec.TrafficPolicy, subset?.TrafficPolicy, int.Parse(test.Node.Get("input", "port").Text()!, CultureInfo.InvariantCulture));
        TrafficPolicy? expected = Rule(test.Expect.Get("trafficPolicy")!).TrafficPolicy;
        return expected == actual ? [] : [$"expected {expected}, got {actual}"];
    }

    private static IReadOnlyList<string> Match(ConformanceCase test)
    {
        YamlNode? locality = test.Node.Get("input", "locality");
        string text = string.Join('/', ((string[])["region", "zone", "subZone"]).Select(part => locality.Get(part).Text() ?? "")).TrimEnd('/');
        string actual = LocalityPriorities.Matches(text, test.Node.Get("input", "rule").Text() ?? "") ? "true" : "false";
        return actual == test.Expect.Text() ? [] : [$"expected {test.Expect.Text()}, got {actual}"];
    }

    private static IReadOnlyList<string> Priorities(ConformanceCase test)
    {
        YamlNode? input = test.Node.Get("input");
        LocalityLoadBalancerSetting? own = input.Get("localityLbSetting") is YamlMappingNode setting
            ? Rule(new YamlMappingNode("loadBalancer", new YamlMappingNode("localityLbSetting", setting))).TrafficPolicy!.LoadBalancer!.LocalityLbSetting
            : null;
        LocalityGroup[] groups = [.. input.Get("endpointGroups").Items().Select(group =>
            new LocalityGroup(group.Get("locality").Text() ?? "", Weight(group), Map(group.Get("labels"))))];
        IReadOnlyList<(int Priority, uint Weight)> actual = LocalityPriorities.Resolve(
            LocalityPriorities.InForce(own, null), input.Get("proxyLocality").Text() ?? "", Map(input.Get("proxyLabels")), input.Get("outlierDetection").Text() == "true", groups);
        return [.. Same("priorities", test.Expect.Get("priorities"), actual.Select(one => (long)one.Priority)), .. Same("weights", test.Expect.Get("weights"), actual.Select(one => (long)one.Weight))];
    }

    private static IEnumerable<string> Same(string what, YamlNode? expected, IEnumerable<long> actual)
    {
        if (expected is null)
            yield break;
        string wanted = string.Join(", ", expected.Items().Select(item => item.Text()));
        string got = string.Join(", ", actual);
        if (wanted != got)
            yield return $"{what}: expected {wanted}, got {got}";
    }

    private static uint Weight(YamlNode group) => group.Get("weight").Text() is { } text ? uint.Parse(text, CultureInfo.InvariantCulture) : 1;

    private static EquatableMap<string> Map(YamlNode? node) =>
        new(node.Entries().Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Text() ?? "")));

    /// <summary>A DestinationRule with a policy as the loader reads it; what admission says of it does not matter here.</summary>
    private static DestinationRuleSpec Rule(YamlNode policy)
    {
        ConfigSet config = Load(new YamlMappingNode(
            "apiVersion", "networking.istio.io/v1",
            "kind", "DestinationRule",
            "metadata", new YamlMappingNode("name", "expected"),
            "spec", new YamlMappingNode("host", "a.test", "trafficPolicy", policy)).Write());
        return config.DestinationRules.Concat(config.RefusedDestinationRules).Single().Spec;
    }

    private static ConfigSet Load(string yaml) => new ConfigLoader().Load([new ConfigDocument("case", Encoding.UTF8.GetBytes(yaml))]).Config;
}
