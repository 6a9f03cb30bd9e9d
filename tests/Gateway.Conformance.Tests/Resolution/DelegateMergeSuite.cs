using System.Text;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Config.Resolution;
using Gateway.Conformance.Tests.Cases;
using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Resolution;

/// <summary>Cases whose <c>kind</c> is <c>merge-routes</c>, <c>merge-match</c> or <c>match-conflict</c>: delegates joined into their roots.</summary>
internal sealed class DelegateMergeSuite : ISuite
{
    public bool Takes(ConformanceCase test) =>
        test.Area("routing") && test.Node.Get("kind").Text() is "merge-routes" or "merge-match" or "match-conflict";

    public Task<IReadOnlyList<string>> RunAsync(ConformanceCase test, CancellationToken cancel)
    {
        IReadOnlyList<string> differences = test.Node.Get("kind").Text() switch
        {
            "merge-routes" => MergeRoutes(test),
            "merge-match" => MergeMatch(test),
            _ => Conflict(test),
        };
        return Task.FromResult(differences);
    }

    private static IReadOnlyList<string> MergeRoutes(ConformanceCase test)
    {
        ConfigSet config = Load(string.Join("---\n", test.Config.Select(document => WithActions(document).Write())));
        Resource<VirtualServiceSpec> root = config.VirtualServices.Single(service => !service.Spec.Hosts.IsEmpty);
        var merged = new List<HttpRoute>();
        foreach (HttpRoute route in root.Spec.Http)
        {
            if (route.Delegate is not { } name)
            {
                merged.Add(route);
                continue;
            }
            Resource<VirtualServiceSpec>? target = config.VirtualServices.SingleOrDefault(
                service => service.Metadata.Name == name.Name && service.Metadata.Namespace == (name.Namespace ?? root.Metadata.Namespace));
            if (target is not null)
                merged.AddRange(DelegateMerge.Merge(route, [.. target.Spec.Http]));
        }
        EquatableArray<HttpRoute> expected = Rules(test.Expect.Get("http")!);
        return Compare(expected, merged.ToEquatableArray());
    }

    private static IReadOnlyList<string> MergeMatch(ConformanceCase test)
    {
        EquatableArray<HttpMatchRequest>? merged = DelegateMerge.MergeMatches(
            Matches(test.Node.Get("input", "root")), Matches(test.Node.Get("input", "delegate")));
        bool conflict = test.Expect.Get("conflict").Text() == "true";
        if (conflict || merged is null)
            return conflict == merged is null ? [] : [$"expected conflict: {conflict}"];
        return Compare(Matches(test.Expect.Get("match")), merged.Value);
    }

    private static IReadOnlyList<string> Conflict(ConformanceCase test)
    {
        bool actual = DelegateMerge.IsConflict(Match(test.Node.Get("input", "root")), Match(test.Node.Get("input", "delegate")));
        return actual == (test.Expect.Get("conflict").Text() == "true") ? [] : [$"got conflict: {actual}"];
    }

    private static IReadOnlyList<string> Compare<T>(EquatableArray<T> expected, EquatableArray<T> actual) =>
        expected == actual ? [] : [$"expected [{string.Join(", ", expected)}], got [{string.Join(", ", actual)}]"];

    private static HttpMatchRequest Match(YamlNode? match) =>
        match.Entries().Any() ? Matches(new YamlSequenceNode(match!))[0] : new HttpMatchRequest();

    private static EquatableArray<HttpMatchRequest> Matches(YamlNode? list) =>
        list.Items().Any() ? Rules(new YamlSequenceNode(new YamlMappingNode("match", list!)))[0].Match : [];

    /// <summary>Reads rules as the product does, inside a VirtualService; a rule without an action is given one.</summary>
    private static EquatableArray<HttpRoute> Rules(YamlNode rules)
    {
        var withAction = new YamlSequenceNode(rules.Items().Select(WithAction));
        string document = new YamlMappingNode(
            "apiVersion", "networking.istio.io/v1",
            "kind", "VirtualService",
            "metadata", new YamlMappingNode("name", "rules", "namespace", "default"),
            "spec", new YamlMappingNode("hosts", new YamlSequenceNode("a.test"), "gateways", new YamlSequenceNode("ingress-gateway"), "http", withAction)).Write();
        return Load(document).VirtualServices[0].Spec.Http;
    }

    private static YamlNode WithAction(YamlNode rule)
    {
        if (rule.Get("route") is not null || rule.Get("redirect") is not null || rule.Get("directResponse") is not null)
            return rule;
        var destination = new YamlMappingNode("destination", new YamlMappingNode("host", "a.test"));
        return new YamlMappingNode("route", new YamlSequenceNode(destination)).Over(rule);
    }

    // A delegate's rule without an action merges like any other, but none that is loaded can be without.
    private static YamlNode WithActions(YamlNode document) => document.Get("spec", "hosts") is null && document.Get("spec", "http") is { } rules
        ? new YamlMappingNode("spec", new YamlMappingNode("http", new YamlSequenceNode(rules.Items().Select(WithAction)))).Over(document)
        : document;

    private static ConfigSet Load(string yaml)
    {
        LoadResult result = new ConfigLoader().Load([new ConfigDocument("case", Encoding.UTF8.GetBytes(yaml))]);
        return result.Config.VirtualServices.IsEmpty
            ? throw new InvalidDataException("Not accepted: " + string.Join("; ", result.Diagnostics))
            : result.Config;
    }
}
