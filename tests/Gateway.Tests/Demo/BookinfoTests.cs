using System.Net;
using System.Text.Json;
using Gateway.Demo;

namespace Gateway.Tests.Demo;

/// <summary>The bookshop by itself: a stand-in for the gateway sends its calls on by name.</summary>
public sealed class BookinfoTests : IAsyncLifetime, IDisposable
{
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    private NameRouter _gateway = null!;
    private Bookinfo _shop = null!;

    public async Task InitializeAsync()
    {
        _gateway = await NameRouter.StartAsync();
        _shop = await Bookinfo.StartAsync(() => _gateway.Port, CancellationToken.None);
        _gateway.Ports["details"] = PortOf("details", "v1");
        _gateway.Ports["ratings"] = PortOf("ratings", "v1");
        _gateway.Ports["reviews"] = PortOf("reviews", "v1");
        _browser.BaseAddress = new Uri($"http://127.0.0.1:{PortOf("productpage", "v1")}");
    }

    public async Task DisposeAsync()
    {
        await _shop.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    public void Dispose() => _browser.Dispose();

    [Theory]
    [InlineData("v1", "reviews v1", null, "v2")]
    [InlineData("v2", "reviews v2", "stars black", "stars red")]
    [InlineData("v3", "reviews v3", "stars red", "stars black")]
    public async Task Each_version_of_the_reviews_shows_its_own_stars(string version, string badge, string? shown, string hidden)
    {
        _gateway.Ports["reviews"] = PortOf("reviews", version);

        string page = await _browser.GetStringAsync("/productpage");

        Assert.Contains(badge, page, StringComparison.Ordinal);
        Assert.Contains("Laughed on every page", page, StringComparison.Ordinal);
        Assert.Contains("123-1234567890", page, StringComparison.Ordinal);
        if (shown is not null)
            Assert.Contains($"<span class=\"{shown}\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain($"<span class=\"{hidden}\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signed_in_user_is_named_to_the_reviews()
    {
        using var form = new FormUrlEncodedContent([new("username", "jason"), new("passwd", "anything")]);
        using HttpResponseMessage login = await _browser.PostAsync("/login", form);
        Assert.Equal(HttpStatusCode.Redirect, login.StatusCode);
        Assert.Equal("/productpage", login.Headers.Location?.ToString());

        string page = await _browser.GetStringAsync("/productpage");

        Assert.Contains("id=\"user\">jason</span>", page, StringComparison.Ordinal);
        Assert.Equal(["jason"], _gateway.EndUsers);
    }

    [Fact]
    public async Task Signing_out_forgets_the_user()
    {
        using var form = new FormUrlEncodedContent([new("username", "jason")]);
        (await _browser.PostAsync("/login", form)).Dispose();
        (await _browser.PostAsync("/logout", null)).Dispose();

        string page = await _browser.GetStringAsync("/productpage");

        Assert.Contains("action=\"/login\"", page, StringComparison.Ordinal);
        Assert.Equal([""], _gateway.EndUsers);
    }

    [Theory]
    [InlineData("")]
    [InlineData("jason\r\nx-evil: 1")]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("a-name-that-is-a-good-deal-longer-than-it-should-be")]
    public async Task A_name_that_cannot_be_a_header_is_not_signed_in(string name)
    {
        using var form = new FormUrlEncodedContent([new("username", name)]);
        using HttpResponseMessage login = await _browser.PostAsync("/login", form);

        Assert.Equal(HttpStatusCode.Redirect, login.StatusCode);
        Assert.False(login.Headers.Contains("set-cookie"));
    }

    [Fact]
    public async Task A_forged_cookie_signs_nobody_in()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/productpage");
        request.Headers.Add("cookie", "session=%3Cb%3Eme%3C/b%3E");
        using HttpResponseMessage response = await _browser.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([""], _gateway.EndUsers);
    }

    [Fact]
    public async Task The_page_says_what_is_unavailable_and_shows_the_rest()
    {
        _gateway.Ports.Remove("reviews");

        string page = await _browser.GetStringAsync("/productpage");

        Assert.Contains("Sorry, reviews are currently unavailable", page, StringComparison.Ordinal);
        Assert.Contains("(status 503)", page, StringComparison.Ordinal);
        Assert.Contains("Two Dromios Press", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reviews_without_ratings_are_still_reviews()
    {
        _gateway.Ports["reviews"] = PortOf("reviews", "v3");
        _gateway.Ports.Remove("ratings");

        string page = await _browser.GetStringAsync("/productpage");

        Assert.Contains("Laughed on every page", page, StringComparison.Ordinal);
        Assert.Contains("Ratings service is currently unavailable", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_api_names_the_version_that_answered()
    {
        _gateway.Ports["reviews"] = PortOf("reviews", "v3");

        using JsonDocument reviews = JsonDocument.Parse(await _browser.GetStringAsync("/api/v1/products/0/reviews"));
        using JsonDocument products = JsonDocument.Parse(await _browser.GetStringAsync("/api/v1/products"));

        Assert.Equal("v3", reviews.RootElement.GetProperty("version").GetString());
        Assert.Equal(5, reviews.RootElement.GetProperty("reviews")[0].GetProperty("rating").GetProperty("stars").GetInt32());
        Assert.Equal("The Comedy of Errors", products.RootElement.GetProperty("products")[0].GetProperty("title").GetString());
    }

    [Theory]
    [InlineData("/static/bookinfo.css", "text/css")]
    [InlineData("/static/bookinfo.js", "text/javascript")]
    [InlineData("/static/icon.svg", "image/svg+xml")]
    public async Task What_the_page_links_to_is_there(string path, string type)
    {
        Assert.Contains(path, await _browser.GetStringAsync("/productpage"), StringComparison.Ordinal);

        using HttpResponseMessage file = await _browser.GetAsync(path);

        Assert.Equal(type, file.Content.Headers.ContentType?.MediaType);
        Assert.NotEmpty(await file.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Unknown_paths_are_not_found() =>
        Assert.Equal(HttpStatusCode.NotFound, (await _browser.GetAsync("/static/../secret")).StatusCode);

    private int PortOf(string service, string version) => _shop.Endpoints.Single(e => e.Service == service && e.Version == version).Port;
}
