using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Gateway.Demo;

/// <summary>The services behind the product page: details, ratings and the three versions of reviews.</summary>
internal static class BackendServices
{
    /// <summary><c>GET /details/0</c>.</summary>
    public static Task DetailsAsync(HttpContext context) => ServeAsync(context, "/details/", static (context, book) =>
        JsonReply.WriteAsync(context, json =>
        {
            json.WriteNumber("id", book.Id);
            json.WriteString("author", book.Author);
            json.WriteNumber("year", book.Year);
            json.WriteString("type", book.Kind);
            json.WriteNumber("pages", book.Pages);
            json.WriteString("publisher", book.Publisher);
            json.WriteString("language", book.Language);
            json.WriteString("ISBN-10", book.Isbn10);
            json.WriteString("ISBN-13", book.Isbn13);
        }));

    /// <summary><c>GET /ratings/0</c>.</summary>
    public static Task RatingsAsync(HttpContext context) => ServeAsync(context, "/ratings/", static (context, book) =>
        JsonReply.WriteAsync(context, json =>
        {
            json.WriteNumber("id", book.Id);
            json.WriteStartObject("ratings");
            foreach (Review review in Books.Reviews)
                json.WriteNumber(review.Reviewer, review.Stars);
            json.WriteEndObject();
        }));

    /// <summary><c>GET /reviews/0</c> of one version.</summary>
    /// <param name="version"><c>v1</c>, <c>v2</c> or <c>v3</c>.</param>
    /// <param name="starColor">Colour of the stars; null = this version shows none and asks no ratings.</param>
    /// <param name="services">How to reach the ratings.</param>
    public static RequestDelegate Reviews(string version, string? starColor, ServiceCaller services) => context =>
        ServeAsync(context, "/reviews/", async (context, book) =>
        {
            using ServiceAnswer? ratings = starColor is null
                ? null
                : await services.GetAsync("ratings", $"/ratings/{book.Id.ToString(CultureInfo.InvariantCulture)}", endUser: null, context);
            await JsonReply.WriteAsync(context, json => WriteReviews(json, book, version, starColor, ratings));
        });

    private static void WriteReviews(Utf8JsonWriter json, Book book, string version, string? starColor, ServiceAnswer? ratings)
    {
        json.WriteString("id", book.Id.ToString(CultureInfo.InvariantCulture));
        json.WriteString("podname", "reviews-" + version);
        json.WriteString("version", version);
        json.WriteStartArray("reviews");
        foreach (Review review in Books.Reviews)
        {
            json.WriteStartObject();
            json.WriteString("reviewer", review.Reviewer);
            json.WriteString("text", review.Text);
            if (starColor is not null)
                WriteRating(json, review.Reviewer, starColor, ratings);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRating(Utf8JsonWriter json, string reviewer, string starColor, ServiceAnswer? ratings)
    {
        json.WriteStartObject("rating");
        if (ratings?.Body is { } body && body.TryGetProperty("ratings", out JsonElement all) && all.TryGetProperty(reviewer, out JsonElement stars))
        {
            json.WriteNumber("stars", stars.GetInt32());
            json.WriteString("color", starColor);
        }
        else
        {
            json.WriteString("error", "Ratings service is currently unavailable");
        }

        json.WriteEndObject();
    }

    private static Task ServeAsync(HttpContext context, string prefix, Func<HttpContext, Book, Task> answer)
    {
        if (context.Request.Path == "/health")
            return JsonReply.WriteAsync(context, json => json.WriteString("status", "healthy"));
        if (!HttpMethods.IsGet(context.Request.Method))
            return JsonReply.ErrorAsync(context, StatusCodes.Status405MethodNotAllowed, "GET only");

        return context.Request.Path == prefix + "0"
            ? answer(context, Books.Comedy)
            : JsonReply.ErrorAsync(context, StatusCodes.Status404NotFound, "no such product");
    }
}
