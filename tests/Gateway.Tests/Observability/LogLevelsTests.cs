using Gateway.Observability;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Observability;

public sealed class LogLevelsTests
{
    private readonly LogLevels _levels = new(LogLevel.Information);

    [Fact]
    public void The_longest_prefix_decides_else_the_default()
    {
        Assert.True(_levels.TrySet("Gateway.Http", LogLevel.Error));
        Assert.True(_levels.TrySet("Gateway.Http.Filters", LogLevel.Trace));

        Assert.True(_levels.IsEnabled("Gateway.Sources.ConfigPipeline", LogLevel.Information));
        Assert.False(_levels.IsEnabled("Gateway.Sources.ConfigPipeline", LogLevel.Debug));
        Assert.False(_levels.IsEnabled("Gateway.Http.RequestPipeline", LogLevel.Warning));
        Assert.True(_levels.IsEnabled("Gateway.Http.Filters.Cors", LogLevel.Debug));
    }

    [Fact]
    public void The_web_server_says_less_until_it_is_asked()
    {
        Assert.False(_levels.IsEnabled("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Information));
        _levels.TrySet("microsoft", LogLevel.Debug);
        Assert.True(_levels.IsEnabled("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Debug));
    }

    [Fact]
    public void The_number_of_categories_is_bounded()
    {
        for (int i = 0; i < LogLevels.MaxCategories; i++)
            _levels.TrySet($"c{i}", LogLevel.Debug);

        Assert.False(_levels.TrySet("one-more", LogLevel.Debug));
        Assert.True(_levels.TrySet("c0", LogLevel.Error));
    }
}
