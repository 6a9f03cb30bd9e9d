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
    public async Task A_lock_that_its_holder_is_still_making_is_not_taken_for_an_old_one()
    {
        FileAcmeState state = Open();
        Directory.CreateDirectory(Path.Combine(_folder, "locks"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "locks", "x"), "");
        _time.Advance(_timing.LockStale * 2);

        Assert.Null(await state.TryLockAsync("x", CancellationToken.None));
        _time.Advance(_timing.LockStale);
        await using IAcmeLock? taken = await state.TryLockAsync("x", CancellationToken.None);
        Assert.NotNull(taken);
    }

    [Fact]
    public async Task Locks_that_a_kill_left_are_watched_from_the_start_and_not_one_after_the_other()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "locks", "accounts"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "locks", "accounts", "one"), "dead/1/2 3\n");
        FileAcmeState state = Open();
        _time.Advance(_timing.LockStale);

        await using IAcmeLock? taken = await state.TryLockAsync("accounts/one", CancellationToken.None);

        Assert.NotNull(taken);
    }

    [Fact]
    public void Half_written_files_and_answers_that_nobody_asks_for_any_more_are_swept_at_the_start()
    {
        string[] old = ["certificates/a.pem.1234.tmp", "challenges/http/token"];
        string[] kept = ["certificates/b.pem.5678.tmp", "challenges/tls/b.example", "certificates/a.pem", "orders/a.json"];
        foreach (string name in (string[])[.. old, .. kept])
        {
            string path = Path.Combine(_folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "x");
            if (old.Contains(name) || name is "certificates/a.pem" or "orders/a.json")
                File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-2));
        }

        _ = Open();

        Assert.Equal(kept.Order(), Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_folder, path)).Order());
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
