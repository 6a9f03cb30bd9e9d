using Gateway.Config.Patterns;

namespace Gateway.Config.Tests.Patterns;

public sealed class CelSyntaxTests
{
    [Theory]
    [InlineData("response.code >= 500")]
    [InlineData("!has(request.headers['x-a']) && -1 < --2 || a in [1, 2u, 0xffu, 1.5e-3, .5,]")]
    [InlineData("a ? b : c ? d[0].e(f, g) : h.i")]
    [InlineData("{'a': 1, b.c: {}}.size() == 2 // the end")]
    [InlineData("google.type.Money{currency: \"EUR\", units: 1,} == x")]
    [InlineData("r'\\d' + b\"\\x41\" + '''it's\n\"''' != \"\\u00e4\\\"\"")]
    [InlineData(".a.b(.c)")]
    [InlineData("x.map(i, i * 2).exists(j, j % 3 == 0)")]
    [InlineData("inside && a.in_b")]
    public void Expressions_are_told(string text) => Assert.Null(CelSyntax.Fault(text));

    [Theory]
    [InlineData("")]
    [InlineData("   // nothing")]
    [InlineData("a &&")]
    [InlineData("a & b")]
    [InlineData("a == = b")]
    [InlineData("(a")]
    [InlineData("a)")]
    [InlineData("a b")]
    [InlineData("a ? b")]
    [InlineData("a..b")]
    [InlineData("a.1")]
    [InlineData("1a")]
    [InlineData("'a")]
    [InlineData("'a\nb'")]
    [InlineData("'\\q'")]
    [InlineData("for == 1")]
    [InlineData("[1, , 2]")]
    [InlineData("{a}")]
    [InlineData("!")]
    [InlineData("!-a")]
    [InlineData("a = 1")]
    public void Other_texts_are_refused(string text) => Assert.NotNull(CelSyntax.Fault(text));

    [Theory]
    [InlineData('(', ')')]
    [InlineData('[', ']')]
    public void Nesting_has_an_end(char open, char close)
    {
        Assert.Null(CelSyntax.Fault(new string(open, 200) + "a" + new string(close, 200)));
        Assert.NotNull(CelSyntax.Fault(new string(open, 50_000) + "a" + new string(close, 49_000)));
    }

    [Fact]
    public void So_has_length() => Assert.NotNull(CelSyntax.Fault(new string('a', 100_001)));
}
