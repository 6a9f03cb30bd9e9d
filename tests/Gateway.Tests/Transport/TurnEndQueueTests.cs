using Gateway.Transport;

namespace Gateway.Tests.Transport;

public sealed class TurnEndQueueTests
{
    private readonly TurnEndQueue _queue = new();
    private readonly List<int> _ran = [];

    [Fact]
    public void Whatever_waits_runs_once_and_in_order()
    {
        int[] all = [.. Enumerable.Range(0, 1000)];
        foreach (int number in all)
            _queue.Add(() => _ran.Add(number));

        _queue.Run(_ => Assert.Fail("nothing throws"));
        _queue.Run(_ => Assert.Fail("nothing is left"));

        Assert.Equal(all, _ran);
        Assert.True(_queue.IsEmpty);
    }

    [Fact]
    public void Who_waits_again_has_its_turn_after_the_next_one()
    {
        void Again()
        {
            _ran.Add(_ran.Count);
            _queue.Add(Again);
        }

        Again();
        for (int turn = 0; turn < 1000; turn++)
            _queue.Run(_ => Assert.Fail("nothing throws"));

        Assert.Equal(1001, _ran.Count);
        Assert.False(_queue.IsEmpty);
    }

    [Fact]
    public void One_that_throws_is_reported_and_the_others_run()
    {
        List<Exception> reported = [];
        _queue.Add(() => throw new InvalidOperationException("first"));
        _queue.Add(() => _ran.Add(1));

        _queue.Run(reported.Add);

        Assert.Equal("first", Assert.Single(reported).Message);
        Assert.Equal([1], _ran);
        Assert.True(_queue.IsEmpty);
    }
}
