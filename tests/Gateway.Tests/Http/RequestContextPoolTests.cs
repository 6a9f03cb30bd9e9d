using Gateway.Http;
using Gateway.Tests.Transport;
using Gateway.Transport;

namespace Gateway.Tests.Http;

public sealed class RequestContextPoolTests
{
    [LinuxFact]
    public void A_loop_keeps_so_many_contexts_and_no_more_and_gives_them_to_itself_alone()
    {
        using var loop = new EventLoop(0, null);
        using var other = new EventLoop(1, null);
        var pool = new RequestContextPool();
        for (int i = 0; i < RequestContextPool.MaxIdle; i++)
            Assert.True(pool.TryGive(loop, new RequestContext(TimeProvider.System)));

        Assert.False(pool.TryGive(loop, new RequestContext(TimeProvider.System)));
        Assert.Null(pool.TryTake(other));
        for (int i = 0; i < RequestContextPool.MaxIdle; i++)
            Assert.NotNull(pool.TryTake(loop));
        Assert.Null(pool.TryTake(loop));
    }
}
