using System.Net;
using System.Net.Sockets;
using Gateway.Clusters;
using Gateway.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Clusters;

public sealed class HappyEyeballsTests
{
    private static readonly EndPoint First = IPEndPoint.Parse("10.0.0.1:80");
    private static readonly EndPoint Second = IPEndPoint.Parse("[2001:db8::1]:80");
    private static readonly EndPoint Third = IPEndPoint.Parse("10.0.0.2:80");

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Families_take_turns()
    {
        EndPoint[] order = [.. HappyEyeballs.Order([First, Third, Second])];

        Assert.Equal([First, Second, Third], order);
    }

    [Fact]
    public void Of_many_addresses_a_few_are_tried()
    {
        Assert.Equal(8, HappyEyeballs.Order([.. Enumerable.Range(1, 500).Select(i => new IPEndPoint(IPAddress.Loopback, i))]).Length);
    }

    [Fact]
    public async Task An_address_that_refuses_is_followed_at_once()
    {
        string winner = await HappyEyeballs.ConnectAsync(
            [First, Second],
            (address, _) => address == First ? Task.FromException<string>(new SocketException((int)SocketError.ConnectionRefused)) : Task.FromResult("second"),
            static _ => { }, _time, CancellationToken.None);

        Assert.Equal("second", winner);
    }

    [Fact]
    public async Task An_address_that_is_silent_is_overtaken_and_what_it_brings_late_is_freed()
    {
        var silent = new TaskCompletionSource<string>();
        var freed = new TaskCompletionSource<string>();
        Task<string> winner = HappyEyeballs.ConnectAsync(
            [First, Second], (address, _) => address == First ? silent.Task : Task.FromResult("second"), late => freed.SetResult(late), _time, CancellationToken.None);

        Assert.False(winner.IsCompleted);
        await Eventually.HoldsAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(250));
                return winner.IsCompleted;
            },
            "the second address is tried");
        silent.SetResult("first");

        Assert.Equal("second", await winner);
        Assert.Equal("first", await freed.Task);
    }

    [Fact]
    public async Task If_none_answers_the_first_failure_is_told()
    {
        SocketException failure = await Assert.ThrowsAsync<SocketException>(() => HappyEyeballs.ConnectAsync(
            [First, Second],
            (address, _) => Task.FromException<string>(new SocketException((int)(address == First ? SocketError.ConnectionRefused : SocketError.NetworkUnreachable))),
            static _ => { }, _time, CancellationToken.None));

        Assert.Equal(SocketError.ConnectionRefused, failure.SocketErrorCode);
    }
}
