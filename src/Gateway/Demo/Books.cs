using System.Collections.Immutable;

namespace Gateway.Demo;

/// <summary>What the details service knows of a book.</summary>
internal sealed record Book
{
    public required int Id { get; init; }
    public required string Title { get; init; }
    public required string Author { get; init; }
    public required int Year { get; init; }
    public required string Kind { get; init; }
    public required int Pages { get; init; }
    public required string Language { get; init; }
    public required string Publisher { get; init; }
    public required string Isbn10 { get; init; }
    public required string Isbn13 { get; init; }
    public required string Summary { get; init; }
}

/// <summary>What one reader thought of a book.</summary>
internal sealed record Review(string Reviewer, string Text, int Stars);

/// <summary>The shop's stock: one book and its readers.</summary>
internal static class Books
{
    /// <summary>The only product; its id is 0.</summary>
    public static Book Comedy { get; } = new()
    {
        Id = 0,
        Title = "The Comedy of Errors",
        Author = "William Shakespeare",
        Year = 1594,
        Kind = "Paperback",
        Pages = 200,
        Language = "English",
        Publisher = "Two Dromios Press",
        Isbn10 = "1234567890",
        Isbn13 = "123-1234567890",
        Summary = "Two pairs of twins, parted as babies by a shipwreck, turn up in the same town on the same day. "
            + "Nobody knows there are two of everyone: gold is handed to the wrong man, dinner is served to the wrong husband, "
            + "and the right servant is beaten for the other one's answers. His shortest play, and the one with the most misrouted messages.",
    };

    /// <summary>What the reviews service has for it.</summary>
    public static ImmutableArray<Review> Reviews { get; } =
    [
        new("Reviewer1", "Laughed on every page. Wrong door, wrong wife, wrong debt, and still everything ends where it should.", 5),
        new("Reviewer2", "Great fun, though I had to draw a diagram to remember which Antipholus had been sent to which house.", 4),
    ];
}
