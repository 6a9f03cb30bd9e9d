using Gateway.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Tests.Http;

public sealed class RequestHeadersTests
{
    [Fact]
    public void A_name_is_found_in_any_case()
    {
        RequestHeaders headers = new() { ["X-One"] = "1" };

        Assert.Equal("1", headers["x-oNE"]);
        Assert.True(headers.ContainsKey("x-one"));
        Assert.False(headers.ContainsKey("x-onf"));
        Assert.False(headers.TryGetValue("x-on", out StringValues missing));
        Assert.Equal(0, missing.Count);
        Assert.Equal(StringValues.Empty, headers[""]);
    }

    [Fact]
    public void Setting_a_name_again_keeps_its_place_and_its_spelling()
    {
        RequestHeaders headers = new() { ["A"] = "1", ["b"] = "2" };

        headers["a"] = "3";

        Assert.Equal([KeyValuePair.Create("A", new StringValues("3")), KeyValuePair.Create("b", new StringValues("2"))], headers);
    }

    [Fact]
    public void Setting_nothing_takes_a_name_away_and_the_others_keep_their_order()
    {
        RequestHeaders headers = new() { ["a"] = "1", ["b"] = "2", ["c"] = "3" };

        headers["b"] = StringValues.Empty;
        headers["d"] = StringValues.Empty;

        Assert.Equal(["a", "c"], headers.Keys);
        Assert.Equal(2, headers.Count);
        Assert.Equal("c", headers.NameAt(1));
        Assert.Equal("3", headers.ValueAt(1));
    }

    [Fact]
    public void A_name_is_added_once_only()
    {
        RequestHeaders headers = new();
        headers.Add("a", "1");

        Assert.Throws<ArgumentException>(() => headers.Add("A", "2"));
        Assert.Throws<ArgumentException>(() => headers.Add("", "2"));
        Assert.True(headers.Remove("A"));
        Assert.False(headers.Remove("A"));
        Assert.Empty(headers);
    }

    [Fact]
    public void A_length_is_a_header_and_a_header_is_a_length()
    {
        RequestHeaders headers = new();
        Assert.Null(headers.ContentLength);

        headers.ContentLength = 42;
        Assert.Equal("42", headers["Content-Length"]);
        headers["content-length"] = "43";
        Assert.Equal(43, headers.ContentLength);
        headers["content-length"] = "-1";
        Assert.Null(headers.ContentLength);
        headers.ContentLength = null;
        Assert.Empty(headers);
    }

    [Fact]
    public void More_headers_than_usual_have_room_and_leave_nothing_behind()
    {
        HeaderDictionary many = [];
        for (int i = 0; i < 200; i++)
            many[$"x-{i}"] = $"{i}";
        RequestHeaders headers = new() { ["old"] = "1" };

        headers.CopyFrom(many);

        Assert.Equal(200, headers.Count);
        Assert.All(many, header => Assert.Equal(header.Value, headers[header.Key]));
        Assert.False(headers.ContainsKey("old"));
        headers.Clear();
        Assert.Empty(headers);
        Assert.False(headers.ContainsKey("x-0"));
    }
}
