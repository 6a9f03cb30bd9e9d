using System.Globalization;
using System.Text;

namespace Gateway.Config.Patterns;

/// <summary>
/// One pass over an RE2 pattern: alternations, groups, flags and repetition. Writes the .NET pattern as it reads.
/// A method that returns false has set the error.
/// </summary>
internal sealed class Re2Translator(string pattern)
{
    private const int MaxRepeat = 1000;
    private const int MaxDepth = 1000;

    private readonly Re2Reader _in = new(pattern);
    private readonly StringBuilder _out = new();
    private readonly HashSet<string> _groupNames = new(StringComparer.Ordinal);
    private Flags _flags;

    [Flags]
    private enum Flags
    {
        None = 0,
        IgnoreCase = 1,
        MultiLine = 2,
        DotNewline = 4,
        Ungreedy = 8,
    }

    /// <summary>The .NET pattern, once <see cref="Run"/> returned null.</summary>
    public string Result => _out.ToString();

    /// <summary>Translates; returns what is wrong, or null.</summary>
    public string? Run()
    {
        if (!Alternation(0, out _))
            return _in.Error;
        return _in.AtEnd ? null : "unexpected )";
    }

    // Up to the end or an unopened ')'. Repeats is the largest product of nested counted repetitions inside.
    private bool Alternation(int depth, out long repeats)
    {
        repeats = 1;
        if (depth > MaxDepth)
            return _in.Fail("expression nests too deeply");
        Atom last = default;
        string? lastRepeat = null;
        while (!_in.AtEnd && _in.Peek != ')')
        {
            int start = _in.Position;
            char c = _in.Peek;
            if (c == '|')
            {
                _in.Skip(1);
                _out.Append('|');
                last = default;
                lastRepeat = null;
                continue;
            }
            if (TryReadRepeat(out int min, out int max, out bool counted))
            {
                string text = pattern[start.._in.Position];
                if (!Repeat(ref last, min, max, counted, text, lastRepeat))
                    return false;
                repeats = Math.Max(repeats, last.Repeats);
                lastRepeat = text;
                continue;
            }
            if (_in.Failed)
                return false;
            lastRepeat = null;
            if (!ReadAtom(depth, ref last))
                return false;
            repeats = Math.Max(repeats, last.Repeats);
        }
        return true;
    }

    private bool ReadAtom(int depth, ref Atom last)
    {
        int start = _out.Length;
        switch (_in.Peek)
        {
            case '(':
                return Group(depth, ref last);
            case '[':
                if (!Re2CharacterClass.Read(_in, _out))
                    return false;
                last = new Atom(start, _out.Length, 1, Plain: true);
                return true;
            case '.':
                _in.Skip(1);
                _out.Append(_flags.HasFlag(Flags.DotNewline) ? @"[\s\S]" : @"[^\n]");
                last = new Atom(start, _out.Length, 1, Plain: true);
                return true;
            case '^':
                _in.Skip(1);
                _out.Append(_flags.HasFlag(Flags.MultiLine) ? "(?m:^)" : @"\A");
                last = new Atom(start, _out.Length, 1, Plain: false);
                return true;
            case '$':
                _in.Skip(1);
                _out.Append(_flags.HasFlag(Flags.MultiLine) ? "(?m:$)" : @"\z");
                last = new Atom(start, _out.Length, 1, Plain: false);
                return true;
            case '\\':
                return Escape(ref last);
            default:
                Literal(_in.TakeCodePoint(), ref last);
                return true;
        }
    }

    private void Literal(int codePoint, ref Atom last)
    {
        int start = _out.Length;
        Re2Escapes.AppendLiteral(_out, codePoint);
        last = new Atom(start, _out.Length, 1, Plain: codePoint <= 0xFFFF);
    }

    private bool Escape(ref Atom last)
    {
        int start = _out.Length;
        string? assertion = _in.PeekAt(1) switch
        {
            'A' => @"\A",
            'z' => @"\z",
            'b' => @"\b",
            'B' => @"\B",
            _ => null,
        };
        if (assertion is not null)
        {
            _in.Skip(2);
            _out.Append(assertion);
            last = new Atom(start, _out.Length, 1, Plain: false);
            return true;
        }
        if (_in.PeekAt(1) == 'Q')
        {
            _in.Skip(2);
            while (!_in.AtEnd && !_in.TrySkip(@"\E"))
                Literal(_in.TakeCodePoint(), ref last);
            return true;
        }
        if (Re2Escapes.TryReadClass(_in, out string? items, out bool negated))
        {
            _out.Append(negated ? "[^" : "[").Append(items).Append(']');
            last = new Atom(start, _out.Length, 1, Plain: true);
            return true;
        }
        if (_in.Failed || !Re2Escapes.TryReadCharacter(_in, out int codePoint))
            return false;
        Literal(codePoint, ref last);
        return true;
    }

    private bool Group(int depth, ref Atom last)
    {
        int open = _in.Position;
        int start = _out.Length;
        Flags outer = _flags;
        _in.Skip(1);
        if (!_in.AtEnd && _in.Peek == '?')
        {
            if (_in.TrySkip("?P<") || (_in.PeekAt(1) == '<' && _in.PeekAt(2) is not ('=' or '!') && _in.TrySkip("?<")))
            {
                if (!GroupName(open))
                    return false;
                _out.Append('(');
            }
            else
            {
                _in.Skip(1);
                if (!GroupFlags(open, out Flags flags, out bool closed))
                    return false;
                bool caseChanges = (flags ^ _flags).HasFlag(Flags.IgnoreCase);
                string caseOption = !caseChanges ? "" : flags.HasFlag(Flags.IgnoreCase) ? "(?i)" : "(?-i)";
                _flags = flags;
                if (closed)
                {
                    // Holds to the end of the enclosing group, in both dialects; the atom before stays the one a repetition takes.
                    _out.Append(caseOption);
                    return true;
                }
                _out.Append("(?:").Append(caseOption);
            }
        }
        else
        {
            _out.Append('(');
        }

        if (!Alternation(depth + 1, out long repeats))
            return false;
        if (_in.AtEnd)
            return _in.Fail("missing closing )");
        _in.Skip(1);
        _out.Append(')');
        _flags = outer;
        last = new Atom(start, _out.Length, repeats, Plain: true);
        return true;
    }

    private bool GroupName(int open)
    {
        int start = _in.Position;
        while (!_in.AtEnd && (char.IsAsciiLetterOrDigit(_in.Peek) || _in.Peek == '_'))
            _in.Skip(1);
        string name = pattern[start.._in.Position];
        if (name.Length == 0 || _in.AtEnd || _in.Peek != '>')
            return _in.Fail($"invalid named capture: {pattern[open..Math.Min(pattern.Length, _in.Position + 1)]}");
        _in.Skip(1);
        return _groupNames.Add(name) || _in.Fail($"duplicate capture group name: {name}");
    }

    private bool GroupFlags(int open, out Flags flags, out bool closed)
    {
        flags = _flags;
        closed = false;
        bool on = true, anySinceSign = true;
        while (!_in.AtEnd)
        {
            char c = _in.Peek;
            _in.Skip(1);
            Flags one = c switch
            {
                'i' => Flags.IgnoreCase,
                'm' => Flags.MultiLine,
                's' => Flags.DotNewline,
                'U' => Flags.Ungreedy,
                _ => Flags.None,
            };
            if (one != Flags.None)
            {
                flags = on ? flags | one : flags & ~one;
                anySinceSign = true;
            }
            else if (c == '-' && on)
            {
                on = false;
                anySinceSign = false;
            }
            else if (c is ':' or ')' && anySinceSign)
            {
                closed = c == ')';
                return true;
            }
            else
            {
                break;
            }
        }
        return _in.Fail($"invalid or unsupported Perl syntax: {pattern[open.._in.Position]}");
    }

    // Max is -1 for "no end". A '{' that begins no repetition is a literal.
    private bool TryReadRepeat(out int min, out int max, out bool counted)
    {
        (min, max, counted) = (0, -1, false);
        int start = _in.Position;
        switch (_in.Peek)
        {
            case '*':
                break;
            case '+':
                min = 1;
                break;
            case '?':
                max = 1;
                break;
            case '{':
                counted = true;
                _in.Skip(1);
                if (!TryReadCount(out min))
                {
                    _in.Position = start;
                    return false;
                }
                max = min;
                if (_in.TrySkip(",") && !TryReadCount(out max))
                    max = -1;
                if (_in.AtEnd || _in.Peek != '}')
                {
                    _in.Position = start;
                    return false;
                }
                break;
            default:
                return false;
        }
        _in.Skip(1);
        if (counted && (min > MaxRepeat || max > MaxRepeat || (max >= 0 && min > max)))
            return _in.Fail($"invalid repeat count: {pattern[start.._in.Position]}");
        return true;
    }

    private bool TryReadCount(out int count)
    {
        count = 0;
        int start = _in.Position;
        while (!_in.AtEnd && char.IsAsciiDigit(_in.Peek))
            _in.Skip(1);
        ReadOnlySpan<char> digits = pattern.AsSpan(start, _in.Position - start);
        if (digits.IsEmpty || (digits.Length > 1 && digits[0] == '0'))
        {
            _in.Position = start;
            return false;
        }
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out count))
            count = MaxRepeat + 1;
        return true;
    }

    private bool Repeat(ref Atom atom, int min, int max, bool counted, string text, string? lastRepeat)
    {
        bool lazy = _in.TrySkip("?");
        if (lastRepeat is not null)
            return _in.Fail($"invalid nested repetition operator: {lastRepeat}{text}");
        if (!atom.Exists)
            return _in.Fail($"missing argument to repetition operator: {text}");
        lazy ^= _flags.HasFlag(Flags.Ungreedy);

        long repeats = atom.Repeats;
        if (counted && max != 0)
        {
            repeats *= Math.Max(1, max < 0 ? min : max);
            if (repeats > MaxRepeat && (min >= 2 || max >= 2))
                return _in.Fail($"invalid repeat count: {text}");
        }

        string quantifier = (counted ? text : text[..1]) + (lazy ? "?" : "");
        int end = atom.End;
        if (!atom.Plain)
        {
            _out.Insert(atom.Start, "(?:").Insert(end + 3, ')');
            end += 4;
        }
        _out.Insert(end, quantifier);
        atom = new Atom(atom.Start, end + quantifier.Length, repeats, Plain: false);
        return true;
    }

    /// <summary>What the next repetition would take.</summary>
    /// <param name="Start">Where it begins in the output.</param>
    /// <param name="End">Where it ends.</param>
    /// <param name="Repeats">The largest product of nested counted repetitions inside.</param>
    /// <param name="Plain">A quantifier may follow it directly.</param>
    private readonly record struct Atom(int Start, int End, long Repeats, bool Plain)
    {
        public bool Exists => End > 0 || Plain;
    }
}
