using Gateway.Config.Parsing;

namespace Gateway.Config.Tests.Parsing;

public class ScalarResolverTests
{
    [Theory]
    [InlineData("", ConfigNodeKind.Null)]
    [InlineData("~", ConfigNodeKind.Null)]
    [InlineData("NULL", ConfigNodeKind.Null)]
    [InlineData("nUll", ConfigNodeKind.String)]
    [InlineData("True", ConfigNodeKind.Boolean)]
    [InlineData("off", ConfigNodeKind.Boolean)]
    [InlineData("y", ConfigNodeKind.String)]
    [InlineData("0", ConfigNodeKind.Integer)]
    [InlineData("-12", ConfigNodeKind.Integer)]
    [InlineData("0777", ConfigNodeKind.Integer)]
    [InlineData("089", ConfigNodeKind.Float)]
    [InlineData("0xfg", ConfigNodeKind.String)]
    [InlineData("1_000", ConfigNodeKind.Integer)]
    [InlineData("_1", ConfigNodeKind.String)]
    [InlineData("1.", ConfigNodeKind.Float)]
    [InlineData("-.5e-3", ConfigNodeKind.Float)]
    [InlineData("1.2.3", ConfigNodeKind.String)]
    [InlineData("10.0.0.1", ConfigNodeKind.String)]
    [InlineData("0.5", ConfigNodeKind.Float)]
    [InlineData("0.0001", ConfigNodeKind.Float)]
    [InlineData("-0.5", ConfigNodeKind.Float)]
    [InlineData("0e1", ConfigNodeKind.Float)]
    [InlineData("0-1", ConfigNodeKind.String)]
    [InlineData(".", ConfigNodeKind.String)]
    [InlineData("-", ConfigNodeKind.String)]
    [InlineData("10s", ConfigNodeKind.String)]
    [InlineData(".inf", ConfigNodeKind.String)]
    [InlineData("1e999", ConfigNodeKind.String)]
    [InlineData("99999999999999999999999999", ConfigNodeKind.Float)]
    public void A_plain_scalar_is_what_Kubernetes_takes_it_for(string text, ConfigNodeKind kind) =>
        Assert.Equal(kind, ScalarResolver.Resolve(text));

    [Theory]
    [InlineData("0x1F", 31)]
    [InlineData("0o17", 15)]
    [InlineData("017", 15)]
    [InlineData("0b101", 5)]
    [InlineData("+1_000", 1000)]
    public void Whole_numbers_are_read_in_all_their_forms(string text, int value)
    {
        Assert.True(ScalarResolver.TryParseInteger(text, out Int128 read));
        Assert.Equal(value, read);
    }
}
