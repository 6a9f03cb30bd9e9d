using Gateway.Acme;
using Gateway.Acme.State;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Acme;

public sealed class FileAcmeStateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-acme-state").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly AcmeTiming _timing = new();

    [Fact]
    public async Task A_value_comes_back_and_only_its_owner_may_read_it()
    {
        FileAcmeState state = Open();
        await state.WriteAsync("certificates/a.b.json", "one"u8.ToArray(), CancellationToken.None);
        await state.WriteAsync("certificates/a.b.json", "two"u8.ToArray(), CancellationToken.None);

        Assert.Equal("two"u8.ToArray(), await Open().ReadAsync("certificates/a.b.json", CancellationToken.None));
        Assert.Null(await state.ReadAsync("certificates/other", CancellationToken.None));
        string file = Assert.Single(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("challenges/http/..")]
    [InlineData("challenges//x")]
    [InlineData("a b")]
    public async Task A_name_that_leads_elsewhere_is_refused(string name) =>
        await Assert.ThrowsAsync<IOException>(async () => await Open().ReadAsync(name, CancellationToken.None));

    [Fact]
    public async Task A_lock_is_held_once_and_free_when_it_is_given_back()
    {
        FileAcmeState one = Open();
        FileAcmeState two = Open();
        IAcmeLock? held = await one.TryLockAsync("x", CancellationToken.None);

        Assert.NotNull(held);
        Assert.Null(await two.TryLockAsync("x", CancellationToken.None));
        await held.DisposeAsync();
        await using IAcmeLock? next = await two.TryLockAsync("x", CancellationToken.None);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task A_lock_whose_holder_lives_is_kept_and_one_whose_holder_died_is_taken()
    {
        FileAcmeState one = Open();
        FileAcmeState two = Open();
        await using IAcmeLock? held = await one.TryLockAsync("x", CancellationToken.None);
        for (int i = 0; i < 20; i++)
        {
            Assert.Null(await two.TryLockAsync("x", CancellationToken.None));
            _time.Advance(_timing.Heartbeat);
        }
        string path = Path.Combine(_folder, "locks", "x");
        // What a holder that was killed leaves behind.
        await File.WriteAllTextAsync(path, "dead/1/2 3\n");
        Assert.Null(await two.TryLockAsync("x", CancellationToken.None));
        _time.Advance(_timing.LockStale);

        await using IAcmeLock? taken = await two.TryLockAsync("x", CancellationToken.None);

        Assert.NotNull(taken);
        Assert.True(held!.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_budget_of_orders_ends_and_comes_back_with_the_hour()
    {
        var budget = new HostBudget(Open(), _timing, _time);
        for (int i = 0; i < _timing.OrdersPerHour; i++)
            await budget.SpendAsync(["a.example"], CancellationToken.None);

        AcmeException refused = await Assert.ThrowsAsync<AcmeException>(() => budget.SpendAsync(["b.example", "a.example"], CancellationToken.None));
        Assert.Equal(TimeSpan.FromHours(1), refused.RetryAfter);
        await budget.SpendAsync(["b.example"], CancellationToken.None);
        _time.Advance(TimeSpan.FromHours(1));
        await budget.SpendAsync(["a.example"], CancellationToken.None);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private FileAcmeState Open() => new(_folder, _timing, _time);
}
