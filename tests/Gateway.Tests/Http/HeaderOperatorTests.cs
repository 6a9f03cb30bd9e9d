using Gateway.Http;
using Gateway.Routing;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Http;

public sealed class HeaderOperatorTests
{
    [Fact]
    public void A_level_removes_then_sets_then_adds()
    {
        var headers = new HeaderDictionary { ["a"] = "old", ["b"] = "old", ["c"] = "old" };

        HeaderOperator.ApplyToRequest([new HeaderOperations { Remove = ["a", "b"], Set = [Header("a", "set")], Add = [Header("a", "added"), Header("c", "added")] }], headers, new StreamInfo());

        Assert.Equal(["set", "added"], headers["a"].AsEnumerable());
        Assert.False(headers.ContainsKey("b"));
        Assert.Equal(["old", "added"], headers["c"].AsEnumerable());
    }

    [Fact]
    public void Values_are_computed_before_anything_changes()
    {
        var headers = new HeaderDictionary { ["a"] = "was" };

        HeaderOperator.ApplyToRequest([new HeaderOperations { Remove = ["a"], Set = [Header("b", "%REQ(a)%")] }], headers, new StreamInfo());

        Assert.Equal("was", headers["b"]);
    }

    [Fact]
    public void An_empty_value_does_nothing()
    {
        var headers = new HeaderDictionary { ["a"] = "kept" };

        HeaderOperator.ApplyToRequest([new HeaderOperations { Set = [Header("a", ""), Header("b", "%REQ(missing)%")] }], headers, new StreamInfo());

        Assert.Equal("kept", headers["a"]);
        Assert.False(headers.ContainsKey("b"));
    }

    [Fact]
    public void A_later_level_wins()
    {
        var headers = new HeaderDictionary();

        HeaderOperator.ApplyToRequest([new HeaderOperations { Set = [Header("a", "1"), Header("b", "1")] }, new HeaderOperations { Remove = ["b"], Set = [Header("a", "2")] }], headers, new StreamInfo());

        Assert.Equal("2", headers["a"]);
        Assert.False(headers.ContainsKey("b"));
    }

    private static HeaderTemplate Header(string name, string value) => new(name, HeaderValueFormatter.Parse(value));
}
