using System.Diagnostics;
using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Sources;
using Gateway.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Sources;

public sealed class FileConfigSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // An hour ahead of the files: none of them counts as just written.
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow().AddHours(1));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_is_read_recursively_in_the_order_of_names_and_only_its_configuration_files()
    {
        _folder.Write("b.yaml", "b");
        _folder.Write("a.json", "a");
        _folder.Write("sub/c.YML", "c");
        _folder.Write("readme.md", "no");
        _folder.Write(".hidden.yaml", "no");
        _folder.Write(".git/x.yaml", "no");
        await using FileConfigSource source = Source(_folder.Path);

        SourceListing listing = await source.ListAsync(default);

        Assert.Equal(["a", "b", "c"], Texts(listing));
        Assert.Equal(Path.Combine(_folder.Path, "sub", "c.YML"), listing.Documents[2].Source);
        Assert.Empty(listing.Diagnostics);
    }

    [Fact]
    public async Task A_file_named_by_the_user_is_read_whatever_its_extension_and_only_once()
    {
        string file = _folder.Write("mesh.conf", "m");
        _folder.Write("a.yaml", "a");
        await using FileConfigSource source = Source(file, _folder.Path, Path.Combine(_folder.Path, "a.yaml"));

        Assert.Equal(["m", "a"], Texts(await source.ListAsync(default)));
    }

    [Fact]
    public async Task Only_changed_files_are_read_again()
    {
        for (int i = 0; i < 100; i++)
            _folder.Write($"{i:D3}.yaml", "same");
        await using FileConfigSource source = Source(_folder.Path);
        SourceListing before = await source.ListAsync(default);

        _folder.Write("042.yaml", "other");
        SourceListing after = await source.ListAsync(default);

        Assert.Equal(101, source.FilesRead);
        Assert.Equal("other", Encoding.UTF8.GetString(after.Documents[42].Text.Span));
        Assert.Equal(99, before.Documents.Zip(after.Documents).Count(pair => ReferenceEquals(pair.First, pair.Second)));
    }

    [Fact]
    public async Task A_file_replaced_by_one_of_the_same_size_and_time_is_noticed()
    {
        string file = _folder.Write("a.yaml", "one");
        DateTime time = File.GetLastWriteTimeUtc(file);
        await using FileConfigSource source = Source(_folder.Path);
        await source.ListAsync(default);

        string other = _folder.Write("a.tmp", "two");
        File.SetLastWriteTimeUtc(other, time);
        File.Move(other, file, overwrite: true);

        Assert.Equal(["two"], Texts(await source.ListAsync(default)));
    }

    [Fact]
    public async Task A_file_written_within_the_clocks_granularity_is_read_again()
    {
        string file = _folder.Write("a.yaml", "one");
        // The file is as young as it can be.
        await using FileConfigSource source = new([_folder.Path], TimeProvider.System, NullLogger.Instance);
        SourceListing first = await source.ListAsync(default);
        SourceListing second = await source.ListAsync(default);

        Assert.Equal(2, source.FilesRead);
        Assert.Same(first.Documents[0], second.Documents[0]);
        Assert.Equal(file, second.Documents[0].Source);
    }

    [Fact]
    public async Task A_mounted_ConfigMap_is_read_once_and_its_symlink_swap_is_seen()
    {
        // As the kubelet lays it out: ..data is a link to a folder with a time, the files are links through ..data.
        _folder.Write("..2026_01_01/routes.yaml", "old");
        Link("..data", "..2026_01_01");
        Link("routes.yaml", "..data/routes.yaml");
        await using FileConfigSource source = Source(_folder.Path);
        Assert.Equal(["old"], Texts(await source.ListAsync(default)));
        int changes = 0;
        source.Watch(() => Interlocked.Increment(ref changes));

        _folder.Write("..2026_01_02/routes.yaml", "new");
        Link("..data_tmp", "..2026_01_02");
        await RenameAsync("..data_tmp", "..data");
        Directory.Delete(Path.Combine(_folder.Path, "..2026_01_01"), recursive: true);

        await Eventually.HoldsAsync(() => Volatile.Read(ref changes) > 0, "the swap is reported");
        SourceListing listing = await source.ListAsync(default);
        Assert.Equal(["new"], Texts(listing));
        Assert.Empty(listing.Diagnostics);
    }

    [Fact]
    public async Task Writing_adding_and_deleting_are_reported()
    {
        _folder.Write("sub/a.yaml", "a");
        await using FileConfigSource source = Source(_folder.Path);
        await source.ListAsync(default);
        int changes = 0;
        source.Watch(() => Interlocked.Increment(ref changes));

        foreach (Action change in (Action[])
        [
            () => _folder.Write("sub/a.yaml", "changed"),
            () => _folder.Write("sub/b.yaml", "new"),
            () => File.Delete(Path.Combine(_folder.Path, "sub", "a.yaml")),
        ])
        {
            int before = Volatile.Read(ref changes);
            change();
            await Eventually.HoldsAsync(() => Volatile.Read(ref changes) > before, "the change is reported");
        }
    }

    [Fact]
    public async Task A_root_that_became_another_folder_is_watched_again()
    {
        _folder.Write("one/a.yaml", "one");
        _folder.Write("two/a.yaml", "two");
        Link("current", "one");
        await using FileConfigSource source = Source(Path.Combine(_folder.Path, "current"));
        await source.ListAsync(default);
        int changes = 0;
        source.Watch(() => Interlocked.Increment(ref changes));

        Link("next", "two");
        await RenameAsync("next", "current");
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(["two"], Texts(await source.ListAsync(default)));

        int before = Volatile.Read(ref changes);
        _folder.Write("two/a.yaml", "edited");
        await Eventually.HoldsAsync(() => Volatile.Read(ref changes) > before, "the change is reported without the clock");
    }

    [Fact]
    public async Task What_the_system_does_not_report_is_found_by_looking_from_time_to_time()
    {
        await using FileConfigSource source = Source(_folder.Path);
        await source.ListAsync(default);
        int changes = 0;
        source.Watch(() => Interlocked.Increment(ref changes));

        _time.Advance(TimeSpan.FromSeconds(31));

        Assert.True(Volatile.Read(ref changes) > 0);
    }

    [Fact]
    public async Task A_missing_root_is_an_error_with_its_path()
    {
        await using FileConfigSource source = Source(Path.Combine(_folder.Path, "nothing"));

        Diagnostic finding = Assert.Single((await source.ListAsync(default)).Diagnostics);

        Assert.Equal("GW0006", finding.Code);
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.Equal(Path.Combine(_folder.Path, "nothing"), finding.Location.Source);
    }

    [Fact]
    public async Task A_root_that_vanishes_keeps_its_last_texts()
    {
        _folder.Write("mount/a.yaml", "a");
        string mount = Path.Combine(_folder.Path, "mount");
        await using FileConfigSource source = Source(mount);
        await source.ListAsync(default);

        Directory.Move(mount, mount + "-away");
        SourceListing listing = await source.ListAsync(default);

        Assert.Equal(["a"], Texts(listing));
        Assert.Equal("GW0006", Assert.Single(listing.Diagnostics).Code);
    }

    [Fact]
    public async Task A_file_deleted_from_a_folder_is_gone()
    {
        _folder.Write("a.yaml", "a");
        string b = _folder.Write("b.yaml", "b");
        await using FileConfigSource source = Source(_folder.Path);
        await source.ListAsync(default);

        File.Delete(b);
        SourceListing listing = await source.ListAsync(default);

        Assert.Equal(["a"], Texts(listing));
        Assert.Empty(listing.Diagnostics);
    }

    [Fact]
    public async Task A_link_that_leads_nowhere_is_told()
    {
        Link("a.yaml", "nowhere.yaml");
        await using FileConfigSource source = Source(_folder.Path);

        Assert.Equal("GW0006", Assert.Single((await source.ListAsync(default)).Diagnostics).Code);
    }

    [Fact]
    public async Task What_a_broken_link_led_to_keeps_its_last_text_until_the_link_is_gone()
    {
        _folder.Write("elsewhere/a.yaml", "a: 1");
        _folder.Write("root/keep.yaml", "b: 1");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "root", "a.yaml"), "../elsewhere/a.yaml");
        await using FileConfigSource source = new([Path.Combine(_folder.Path, "root")], TimeProvider.System, NullLogger.Instance);
        Assert.Equal(2, (await source.ListAsync(default)).Documents.Length);

        File.Delete(Path.Combine(_folder.Path, "elsewhere", "a.yaml"));
        SourceListing broken = await source.ListAsync(default);
        File.Delete(Path.Combine(_folder.Path, "root", "a.yaml"));
        SourceListing gone = await source.ListAsync(default);

        Assert.Equal((2, "GW0006"), (broken.Documents.Length, Assert.Single(broken.Diagnostics).Code));
        Assert.Equal((1, 0), (gone.Documents.Length, gone.Diagnostics.Length));
    }

    [Fact]
    public async Task Links_in_a_circle_end()
    {
        _folder.Write("sub/a.yaml", "a");
        Link("sub/up", "..");
        await using FileConfigSource source = Source(_folder.Path);

        Assert.Equal(["a"], Texts(await source.ListAsync(default)));
    }

    [Fact]
    public async Task A_file_over_the_limit_is_refused_and_the_others_are_read()
    {
        using (FileStream large = File.Create(Path.Combine(_folder.Path, "large.yaml")))
            large.SetLength(FileConfigSource.MaxFileBytes + 1);
        _folder.Write("small.yaml", "s");
        await using FileConfigSource source = Source(_folder.Path);

        SourceListing listing = await source.ListAsync(default);

        Assert.Equal(["s"], Texts(listing));
        Assert.Equal("GW0002", Assert.Single(listing.Diagnostics).Code);
    }

    private FileConfigSource Source(params string[] roots) => new(roots, _time, NullLogger.Instance);

    private void Link(string name, string target) => File.CreateSymbolicLink(Path.Combine(_folder.Path, name), target);

    /// <summary>rename(2), which replaces a link to a folder at once; File.Move takes such a link for a folder and refuses.</summary>
    private async Task RenameAsync(string from, string to)
    {
        using Process move = Process.Start("mv", ["-T", Path.Combine(_folder.Path, from), Path.Combine(_folder.Path, to)]);
        await move.WaitForExitAsync();
        Assert.Equal(0, move.ExitCode);
    }

    private static IEnumerable<string> Texts(SourceListing listing) => listing.Documents.Select((ConfigDocument document) => Encoding.UTF8.GetString(document.Text.Span));
}
