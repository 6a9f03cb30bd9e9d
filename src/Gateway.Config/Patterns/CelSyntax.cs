using System.Collections.Frozen;

namespace Gateway.Config.Patterns;

/// <summary>
/// The grammar of the Common Expression Language, as far as it tells expressions from other texts. What names stand for
/// and whether types fit is not looked at.
/// </summary>
internal ref struct CelSyntax
{
    private const int MaxDepth = 250;
    private const int MaxLength = 100_000;

    private static readonly FrozenSet<string> Reserved = FrozenSet.ToFrozenSet(
    [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "in", "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ]);

    // Longer ones before those that they begin with.
    private static readonly string[] BinaryOperators = ["||", "&&", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "%"];

    private readonly ReadOnlySpan<char> _text;
    private int _at;
    private int _depth;

    private CelSyntax(ReadOnlySpan<char> text) => _text = text;

    /// <summary>The reason why a text is no expression; null = it is one.</summary>
    public static string? Fault(string text)
    {
        if (text.Length > MaxLength)
            return $"it is longer than {MaxLength} characters";
        CelSyntax parser = new(text);
        if (!parser.Expression())
            return parser._at >= text.Length ? "it ends too early" : $"a syntax error at character {parser._at + 1}";
        parser.SkipSpace();
        return parser._at == text.Length ? null : $"a syntax error at character {parser._at + 1}";
    }

    // Which operator binds closer does not decide about validity, so operands and operators alternate.
    private bool Expression()
    {
        if (++_depth > MaxDepth)
            return false;
        bool good = Operands() && (!Take("?") || (Operands() && Take(":") && Expression()));
        _depth--;
        return good;
    }

    private bool Operands()
    {
        do
        {
            if (!Unary())
                return false;
        }
        while (TakeOperator());
        return true;
    }

    private bool TakeOperator()
    {
        foreach (string symbol in BinaryOperators)
        {
            if (Take(symbol))
                return true;
        }
        return TakeWord("in");
    }

    private bool Unary()
    {
        SkipSpace();
        char sign = Peek();
        if (sign is '!' or '-')
        {
            while (Take(sign == '!' ? "!" : "-"))
            {
            }
        }
        return Primary() && Members();
    }

    private bool Members()
    {
        while (true)
        {
            if (Take("."))
            {
                if (!Name(isMember: true) || !OptionalArguments())
                    return false;
            }
            else if (Take("["))
            {
                if (!Expression() || !Take("]"))
                    return false;
            }
            else if (Take("{"))
            {
                // A message: Type{field: value}.
                if (!Entries("}", keysAreNames: true))
                    return false;
            }
            else
            {
                return true;
            }
        }
    }

    private bool Primary()
    {
        if (Take("("))
            return Expression() && Take(")");
        if (Take("["))
            return List("]");
        if (Take("{"))
            return Entries("}", keysAreNames: false);
        if (char.IsAsciiDigit(Peek()) || (Peek() == '.' && char.IsAsciiDigit(Peek(1))))
            return Number();
        if (Text())
            return true;
        _ = Take(".");
        return Name(isMember: false) && OptionalArguments();
    }

    private bool OptionalArguments() => !Take("(") || List(")");

    private bool List(string end)
    {
        while (!Take(end))
        {
            if (!Expression())
                return false;
            if (!Take(","))
                return Take(end);
        }
        return true;
    }

    private bool Entries(string end, bool keysAreNames)
    {
        while (!Take(end))
        {
            if (!(keysAreNames ? Name(isMember: true) : Expression()) || !Take(":") || !Expression())
                return false;
            if (!Take(","))
                return Take(end);
        }
        return true;
    }

    private bool Name(bool isMember)
    {
        SkipSpace();
        int start = _at;
        if (!char.IsAsciiLetter(Peek()) && Peek() != '_')
            return false;
        while (char.IsAsciiLetterOrDigit(Peek()) || Peek() == '_')
            _at++;
        string name = _text[start.._at].ToString();
        if (name == "in" || (!isMember && Reserved.Contains(name)))
        {
            _at = start;
            return false;
        }
        return true;
    }

    private bool Number()
    {
        if (Peek() == '0' && Peek(1) is 'x' or 'X' && char.IsAsciiHexDigit(Peek(2)))
        {
            _at += 2;
            while (char.IsAsciiHexDigit(Peek()))
                _at++;
        }
        else
        {
            SkipDigits();
            if (Peek() == '.' && char.IsAsciiDigit(Peek(1)))
            {
                _at++;
                SkipDigits();
            }
            if (Peek() is 'e' or 'E' && (char.IsAsciiDigit(Peek(1)) || (Peek(1) is '+' or '-' && char.IsAsciiDigit(Peek(2)))))
            {
                _at += 2;
                SkipDigits();
            }
        }
        if (Peek() is 'u' or 'U')
            _at++;
        return !char.IsAsciiLetterOrDigit(Peek()) && Peek() != '_';
    }

    /// <summary>A string or bytes; its prefixes may be <c>r</c> and <c>b</c> in either order.</summary>
    private bool Text()
    {
        int at = _at;
        bool raw = false;
        while (at < _text.Length && _text[at] is 'r' or 'R' or 'b' or 'B' && at - _at < 2)
            raw |= _text[at++] is 'r' or 'R';
        if (at >= _text.Length || _text[at] is not ('"' or '\''))
            return false;
        char quote = _text[at];
        bool triple = at + 2 < _text.Length && _text[at + 1] == quote && _text[at + 2] == quote;
        ReadOnlySpan<char> end = _text.Slice(at, triple ? 3 : 1);
        for (at += end.Length; at < _text.Length; at++)
        {
            if (_text[at..].StartsWith(end))
            {
                _at = at + end.Length;
                return true;
            }
            if (!triple && _text[at] is '\n' or '\r')
                return false;
            if (!raw && _text[at] == '\\' && (++at >= _text.Length || !"abfnrtvxXuU\\?\"'`0123".Contains(_text[at])))
                return false;
        }
        return false;
    }

    private bool TakeWord(string word)
    {
        SkipSpace();
        ReadOnlySpan<char> rest = _text[_at..];
        if (!rest.StartsWith(word) || (rest.Length > word.Length && (char.IsAsciiLetterOrDigit(rest[word.Length]) || rest[word.Length] == '_')))
            return false;
        _at += word.Length;
        return true;
    }

    private bool Take(string symbol)
    {
        SkipSpace();
        if (!_text[_at..].StartsWith(symbol))
            return false;
        _at += symbol.Length;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length)
        {
            if (_text[_at] is ' ' or '\t' or '\n' or '\r' or '\f')
                _at++;
            else if (_text[_at..].StartsWith("//"))
                _at += _text[_at..].IndexOf('\n') is >= 0 and int line ? line : _text.Length - _at;
            else
                return;
        }
    }

    private void SkipDigits()
    {
        while (char.IsAsciiDigit(Peek()))
            _at++;
    }

    private readonly char Peek(int ahead = 0) => _at + ahead < _text.Length ? _text[_at + ahead] : '\0';
}
