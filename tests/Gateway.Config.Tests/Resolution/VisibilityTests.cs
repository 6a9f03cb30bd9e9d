using Gateway.Config.Resolution;

namespace Gateway.Config.Tests.Resolution;

public sealed class VisibilityTests
{
    [Theory]
    [InlineData("*", "owner", "client", Visibility.Public)]
    [InlineData(".", "owner", "client", Visibility.None)]
    [InlineData(".", "client", "client", Visibility.Private)]
    [InlineData("client", "owner", "client", Visibility.Exported)]
    [InlineData("client", "client", "client", Visibility.Private)]
    [InlineData("~", "client", "client", Visibility.None)]
    [InlineData("x,client,*", "owner", "client", Visibility.Public)]
    [InlineData("x,client", "owner", "client", Visibility.Exported)]
    [InlineData("", "owner", "client", Visibility.Public)]
    public void Export_decides_who_sees_a_resource(string exportTo, string owner, string client, Visibility expected) =>
        Assert.Equal(expected, ExportTo.Evaluate(exportTo.Split(',', StringSplitOptions.RemoveEmptyEntries).ToEquatableArray(), ["*"], owner, client));
}
