using System.Text.RegularExpressions;
using Gateway.Config.Patterns;

namespace Gateway.Config.Tests.Patterns;

public sealed class Re2PatternTests
{
    [Theory]
    [InlineData("(?=a)", "Perl syntax")]
    [InlineData("(?!a)", "Perl syntax")]
    [InlineData("(?<=a)b", "Perl syntax")]
    [InlineData("(?<!a)b", "Perl syntax")]
    [InlineData("(?>a)", "Perl syntax")]
    [InlineData("(?#note)", "Perl syntax")]
    [InlineData("(?i-)a", "Perl syntax")]
    [InlineData("(?x)a", "Perl syntax")]
    [InlineData(@"(a)\1", "escape")]
    [InlineData(@"(?P<n>a)\k<n>", "escape")]
    [InlineData(@"a\Z", "escape")]
    [InlineData(@"\C", "escape")]
    [InlineData(@"\8", "escape")]
    [InlineData(@"\x{110000}", "escape")]
    [InlineData(@"\xg0", "escape")]
    [InlineData(@"[\b]", "escape")]
    [InlineData(@"a\", "trailing backslash")]
    [InlineData("*", "missing argument")]
    [InlineData("a|*", "missing argument")]
    [InlineData("(+)", "missing argument")]
    [InlineData("a**", "nested repetition")]
    [InlineData("a*+", "nested repetition")]
    [InlineData("a???", "nested repetition")]
    [InlineData("a{2}{3}", "nested repetition")]
    [InlineData("a{1001}", "repeat count")]
    [InlineData("a{2,1}", "repeat count")]
    [InlineData("(a{100}){11}", "repeat count")]
    [InlineData("((a{10}b){10}c){11}", "repeat count")]
    [InlineData("(a", "missing closing )")]
    [InlineData("a)", "unexpected )")]
    [InlineData("[a", "missing closing ]")]
    [InlineData("[]", "missing closing ]")]
    [InlineData("[^]", "missing closing ]")]
    [InlineData("[z-a]", "range")]
    [InlineData(@"[a-\d]", "escape")]
    [InlineData("[[:word2:]]", "range")]
    [InlineData(@"\p{Nonsense}", "range")]
    [InlineData(@"\pX", "range")]
    [InlineData(@"\p{L", "range")]
    [InlineData("(?P<>a)", "named capture")]
    [InlineData("(?P<a-b>a)", "named capture")]
    [InlineData("(?P<n>a)(?<n>b)", "duplicate")]
    [InlineData("(?P=n)", "Perl syntax")]
    public void What_RE2_refuses_is_refused(string pattern, string reason)
    {
        bool accepted = Re2Pattern.TryTranslate(pattern, out _, out string? error);

        Assert.False(accepted);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("/v[0-9]+/.*", "/v12/x")]
    [InlineData("a|b|", "")]
    [InlineData("(?:)*a", "a")]
    [InlineData("^*a$", "a")]
    [InlineData(@"\Aa\z", "a")]
    [InlineData(@"(?:\b)+a", "a")]
    [InlineData(@"\b+a", "a")]
    [InlineData("a{,5}", "a{,5}")]
    [InlineData("a{x", "a{x")]
    [InlineData("a{01}", "a{01}")]
    [InlineData("{", "{")]
    [InlineData("a{2,3}", "aaa")]
    [InlineData("(a{100}){10}b?", null)]
    [InlineData("a{0}", "")]
    [InlineData("(?i)FOO", "fOo")]
    [InlineData("(?i:F)oo", "foo")]
    [InlineData("(?i)f(?-i)oo", "Foo")]
    [InlineData("(a(?i)b|c)d", "Cd")]
    [InlineData("a(?i)*b", "aaB")]
    [InlineData("(?s).", "\n")]
    [InlineData("(?s:.)", "\n")]
    [InlineData("(?m)a$\n^b", "a\nb")]
    [InlineData("(?U)a+", "aaa")]
    [InlineData("(?P<name>a)(?<other>b)", "ab")]
    [InlineData(@"\Q.*+\E", ".*+")]
    [InlineData(@"\Qab\E*", "abbb")]
    [InlineData(@"\Q[a", "[a")]
    [InlineData(@"\.\-\_\/", ".-_/")]
    [InlineData(@"\x41\x{42}\103\07", "ABC\a")]
    [InlineData(@"\0", "\0")]
    [InlineData(@"\t\n\v\f\r\a", "\t\n\v\f\r\a")]
    [InlineData("[]a]+", "]a")]
    [InlineData("[^]a]", "b")]
    [InlineData("[a-]+", "a-")]
    [InlineData("[-a]+", "a-")]
    [InlineData("[a-c-e]+", "b-e")]
    [InlineData("[[a]+", "[a")]
    [InlineData("[a-z&&[aeiou]", "&")]
    [InlineData("[a-z-[b]]", "-]")]
    [InlineData("[[:alpha:]_][[:^digit:]]", "_x")]
    [InlineData(@"[\d\-x]+", "1-x")]
    [InlineData(@"[^\D]", "5")]
    [InlineData(@"[\W]", "-")]
    [InlineData(@"[[:word:]]", "_")]
    [InlineData(@"[^a]", "\n")]
    [InlineData(@"\pL\p{Lu}\PL\p{^L}\P{^L}", "aA11a")]
    [InlineData(@"[\p{L}\PN]", "a")]
    [InlineData(@"\p{Any}", "x")]
    [InlineData(@"\w\d\s", "_0 ")]
    [InlineData("grüß", "grüß")]
    [InlineData("[α-ω]", "β")]
    [InlineData("😀+", "😀😀")]
    [InlineData(@"[\x{1F600}-\x{1F64F}]{2}", "😀")]
    public void What_RE2_accepts_compiles_and_matches(string pattern, string? match)
    {
        Assert.True(Re2Pattern.TryTranslate(pattern, out string? translated, out string? error), error);

        Regex regex = new($@"\A(?:{translated})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        if (match is not null)
            Assert.Matches(regex, match);
    }

    [Theory]
    [InlineData(@"\d", "٣")]
    [InlineData(@"\w", "ä")]
    [InlineData(@"\s", "\u00a0")]
    [InlineData(@"\s", "\v")]
    [InlineData("a$", "a\n")]
    [InlineData(".", "\n")]
    [InlineData("a.c", "abbc")]
    [InlineData("[a-z-[b]]", "c")]
    [InlineData("(?i:f)oo", "fOO")]
    [InlineData("a b", "ab")]
    [InlineData(@"[^\d]", "1")]
    [InlineData(@"[^\W]", "-")]
    public void What_NET_would_match_but_RE2_does_not_stays_unmatched(string pattern, string text)
    {
        Assert.True(Re2Pattern.TryTranslate(pattern, out string? translated, out string? error), error);

        Assert.DoesNotMatch(new Regex($@"\A(?:{translated})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant), text);
    }

    [Fact]
    public void Groups_keep_their_numbers_whether_named_or_not()
    {
        Assert.True(Re2Pattern.TryTranslate("(?P<first>a)(b)(?:x)(?<third>c)", out string? translated, out _));

        Assert.Equal("c-b-a", Regex.Replace("abxc", translated, "$3-$2-$1", RegexOptions.NonBacktracking));
    }

    [Fact]
    public void Every_text_is_accepted_or_refused_but_never_breaks_the_compiler()
    {
        const string alphabet = @"ab()[]{}*+?|^$.\-,0128<>:=!PQEpdDbix&~";
        Random random = new(20);
        char[] text = new char[12];
        for (int i = 0; i < 5_000; i++)
        {
            for (int j = 0; j < text.Length; j++)
                text[j] = alphabet[random.Next(alphabet.Length)];
            string pattern = new(text, 0, random.Next(text.Length));
            if (Re2Pattern.TryTranslate(pattern, out string? translated, out _))
                _ = new Regex($@"\A(?:{translated})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
    }
}
