using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Demo;

/// <summary>The product page: <c>Pages/productpage.html</c> with its <c>{{places}}</c> filled.</summary>
internal static class ProductPageHtml
{
    private const int MaxStars = 5;

    /// <summary>The page for one visitor.</summary>
    public static string Render(Book book, string? user, ServiceAnswer details, ServiceAnswer reviews)
    {
        string version = Text(reviews.Body, "version");
        return DemoResources.Page("productpage.html")
            .Replace("{{title}}", Encode(book.Title), StringComparison.Ordinal)
            .Replace("{{author}}", Encode(book.Author), StringComparison.Ordinal)
            .Replace("{{year}}", Number(book.Year), StringComparison.Ordinal)
            .Replace("{{summary}}", Encode(book.Summary), StringComparison.Ordinal)
            .Replace("{{account}}", Account(user), StringComparison.Ordinal)
            .Replace("{{details}}", Details(details), StringComparison.Ordinal)
            .Replace("{{reviews}}", Reviews(reviews), StringComparison.Ordinal)
            .Replace("{{reviews-version}}", version.Length == 0 ? "none" : Encode(version), StringComparison.Ordinal)
            .Replace("{{ratings-class}}", version is "v2" or "v3" ? "hop" : "hop off", StringComparison.Ordinal);
    }

    private static string Account(string? user) => user is null
        ? """
          <form class="account" method="post" action="/login">
            <input name="username" placeholder="user, try jason" aria-label="User" autocomplete="username" maxlength="32" required>
            <input name="passwd" type="password" placeholder="any password" aria-label="Password" autocomplete="off">
            <button>Sign in</button>
          </form>
          """
        : $"""
          <form class="account" method="post" action="/logout">
            <span class="user" id="user">{Encode(user)}</span>
            <button>Sign out</button>
          </form>
          """;

    private static string Details(ServiceAnswer answer)
    {
        if (answer.Body is not { } body)
            return Unavailable("Sorry, product details are currently unavailable for this book.", answer);

        var html = new StringBuilder("<dl>");
        foreach ((string label, string property) in new[]
        {
            ("Type", "type"), ("Pages", "pages"), ("Publisher", "publisher"), ("Language", "language"), ("ISBN-10", "ISBN-10"), ("ISBN-13", "ISBN-13"),
        })
        {
            html.Append(CultureInfo.InvariantCulture, $"<div><dt>{label}</dt><dd>{Encode(Text(body, property))}</dd></div>");
        }

        return html.Append("</dl>").ToString();
    }

    private static string Reviews(ServiceAnswer answer)
    {
        if (answer.Body is not { } body || !body.TryGetProperty("reviews", out JsonElement reviews))
            return Unavailable("Sorry, reviews are currently unavailable for this book.", answer);

        var html = new StringBuilder();
        foreach (JsonElement review in reviews.EnumerateArray())
        {
            html.Append(CultureInfo.InvariantCulture, $"""
                <figure class="review">
                  <blockquote>{Encode(Text(review, "text"))}</blockquote>
                  <figcaption><span class="by">{Encode(Text(review, "reviewer"))}</span>{Rating(review)}</figcaption>
                </figure>

                """);
        }

        return html.ToString();
    }

    private static string Rating(JsonElement review)
    {
        if (!review.TryGetProperty("rating", out JsonElement rating))
            return "";
        if (!rating.TryGetProperty("stars", out JsonElement stars))
            return "<span class=\"muted\">Ratings service is currently unavailable</span>";

        int count = Math.Clamp(stars.GetInt32(), 0, MaxStars);
        string color = Text(rating, "color") == "red" ? "red" : "black";
        return $"<span class=\"stars {color}\" role=\"img\" aria-label=\"{Number(count)} of {Number(MaxStars)} stars\">"
            + new string('★', count) + $"<i>{new string('★', MaxStars - count)}</i></span>";
    }

    private static string Unavailable(string sentence, ServiceAnswer answer)
    {
        string why = answer.Status == 0 ? "no answer" : "status " + Number(answer.Status);
        return $"<p class=\"unavailable\"><strong>Error fetching this part of the page ({why}).</strong> {sentence}</p>";
    }

    private static string Text(JsonElement? json, string property) =>
        json is { } body && body.TryGetProperty(property, out JsonElement value) ? value.ToString() : "";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
