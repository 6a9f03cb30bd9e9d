using Gateway.Tls.OpenSsl;

namespace Gateway.Tests.Tls.OpenSsl;

public sealed class KeptBytesTests
{
    [Fact]
    public void What_would_pass_the_limit_is_refused_and_nothing_else()
    {
        var kept = new KeptBytes(limit: 10);

        Assert.True(kept.TryAdd(new byte[6]));
        Assert.False(kept.TryAdd(new byte[5]));
        Assert.True(kept.TryAdd(new byte[4]));
        Assert.False(kept.TryAdd(new byte[1]));
        kept.Clear();
        Assert.True(kept.IsEmpty);
        Assert.True(kept.TryAdd(new byte[10]));
        kept.Clear();
    }
}
