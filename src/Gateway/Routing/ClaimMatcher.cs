using Gateway.Config;
using Gateway.Matching;

namespace Gateway.Routing;

/// <summary>A condition on a claim of the valid token: a text, or one of a list of texts.</summary>
/// <param name="Path">The names that lead to the claim.</param>
/// <param name="Matcher">What the value must be.</param>
/// <param name="Invert">The match must not hold, which it does not without such a claim.</param>
internal sealed record ClaimMatcher(EquatableArray<string> Path, StringMatcher Matcher, bool Invert)
{
    private const string Prefix = "@request.auth.claims";

    /// <summary>The names, for people.</summary>
    public string Name => string.Join('.', Path);

    /// <summary><c>@request.auth.claims.a.b</c> and <c>@request.auth.claims[a][b]</c> name a claim; null = the key names a header.</summary>
    public static EquatableArray<string>? PathOf(string key)
    {
        if (!key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || key.Length < Prefix.Length + 2)
            return null;
        string name = key[Prefix.Length..];
        if (name[0] == '.')
            return [.. name[1..].Split('.')];
        return name[0] == '[' && name[^1] == ']' && name.Length > 2 ? [.. name[1..^1].Split("][")] : null;
    }

    /// <summary>Whether the condition holds.</summary>
    public bool Holds(ClaimValue? claims) => IsMatch(claims is null ? null : Find(claims)) != Invert;

    /// <summary>What the token has, for people.</summary>
    public string Describe(ClaimValue? claims) => claims is null ? "no valid token" : Find(claims) switch
    {
        null => "no such claim",
        { Kind: ClaimKind.Text } text => $"\"{text.Text}\"",
        { Kind: ClaimKind.List } list => string.Join(", ", list.Items.Select(item => $"\"{item.Text}\"")),
        var other => $"a claim of kind {other.Kind}",
    };

    private ClaimValue? Find(ClaimValue claims)
    {
        ClaimValue? value = claims;
        foreach (string name in Path)
        {
            value = value.Find(name);
            if (value is null)
                return null;
        }
        return value;
    }

    private bool IsMatch(ClaimValue? claim)
    {
        if (claim is null)
            return false;
        if (Matcher.Kind == StringMatchKind.Present || (claim.Kind == ClaimKind.Text && Matcher.IsMatch(claim.Text)))
            return true;
        foreach (ClaimValue item in claim.Items)
        {
            if (item.Kind == ClaimKind.Text && Matcher.IsMatch(item.Text))
                return true;
        }
        return false;
    }
}
