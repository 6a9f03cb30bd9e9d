using Gateway.Config.Resolution;
using Gateway.Conformance.Tests.Cases;
using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Resolution;

/// <summary>Cases with a <c>function</c>: the algebra of host names.</summary>
internal sealed class HostMatchingSuite : ISuite
{
    public bool Takes(ConformanceCase test) => test.Area("routing") && test.Node.Get("function") is not null;

    public Task<IReadOnlyList<string>> RunAsync(ConformanceCase test, CancellationToken cancel)
    {
        YamlNode? input = test.Node.Get("input");
        YamlNode? a = input.Get("a");
        YamlNode? b = input.Get("b");
        string? actual = test.Node.Get("function").Text() switch
        {
            "matches" => Boolean(HostName.Matches(Name(a), Name(b))),
            "subsetOf" => Boolean(HostName.IsSubsetOf(Name(a), Name(b))),
            "moreSpecific" => Boolean(HostName.IsMoreSpecific(Name(a), Name(b))),
            "intersection" => List(HostName.Intersection(Names(a), Names(b))),
            "forNamespace" => List(HostName.ForNamespace(Names(input.Get("hosts")), Name(input.Get("namespace")))),
            "sort" => List(Names(input.Get("hosts")).Order(Comparer<string>.Create(HostName.Compare))),
            _ => null,
        };
        string expected = test.Expect is YamlSequenceNode ? List(Names(test.Expect)) : test.Expect.Text() ?? "";
        IReadOnlyList<string> differences = actual is null
            ? [$"unsupported function \"{test.Node.Get("function").Text()}\""]
            : actual == expected ? [] : [$"expected {expected}, got {actual}"];
        return Task.FromResult(differences);
    }

    private static string Boolean(bool value) => value ? "true" : "false";

    private static string List(IEnumerable<string> names) => $"[{string.Join(", ", names)}]";

    private static string Name(YamlNode? node) => node.Text() ?? "";

    private static string[] Names(YamlNode? node) => [.. node.Items().Select(Name)];
}
