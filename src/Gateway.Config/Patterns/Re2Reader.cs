using System.Text;

namespace Gateway.Config.Patterns;

/// <summary>A place in a pattern, and the first error met.</summary>
internal sealed class Re2Reader(string pattern)
{
    /// <summary>The first error, or null.</summary>
    public string? Error { get; private set; }

    /// <summary>Whether an error was met.</summary>
    public bool Failed => Error is not null;

    /// <summary>The next character's index.</summary>
    public int Position { get; set; }

    /// <summary>Whether nothing is left.</summary>
    public bool AtEnd => Position >= pattern.Length;

    /// <summary>The next character; there must be one.</summary>
    public char Peek => pattern[Position];

    /// <summary>What is left.</summary>
    public ReadOnlySpan<char> Rest => pattern.AsSpan(Position);

    /// <summary>The character <paramref name="offset"/> places on, or NUL.</summary>
    public char PeekAt(int offset) => Position + offset < pattern.Length ? pattern[Position + offset] : '\0';

    /// <summary>Moves on.</summary>
    public void Skip(int count) => Position += count;

    /// <summary>Moves past <paramref name="text"/> if it comes next.</summary>
    public bool TrySkip(string text)
    {
        if (!Rest.StartsWith(text, StringComparison.Ordinal))
            return false;
        Position += text.Length;
        return true;
    }

    /// <summary>Takes one code point; a lone surrogate counts as one.</summary>
    public int TakeCodePoint()
    {
        int codePoint = Rune.TryGetRuneAt(pattern, Position, out Rune rune) ? rune.Value : pattern[Position];
        Position += codePoint > 0xFFFF ? 2 : 1;
        return codePoint;
    }

    /// <summary>Notes an error; always false.</summary>
    public bool Fail(string error)
    {
        Error ??= error;
        return false;
    }
}
