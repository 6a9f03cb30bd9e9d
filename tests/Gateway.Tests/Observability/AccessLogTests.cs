using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Observability.AccessLogs;
using Gateway.Streams;
using Gateway.Testing;
using Gateway.Tests.Sources;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Observability;

public sealed class AccessLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_is_off_until_a_file_is_set_and_off_again_without_one()
    {
        string file = Path.Combine(_folder.Path, "access.log");
        await using AccessLog log = Log(AccessLog.OpenPath);
        log.OnRequestCompleted(Request("/before"));
        await log.ConfigureAsync(Settings(file));
        log.OnRequestCompleted(Request("/on"));
        await log.ConfigureAsync(AccessLogSettings.Off);
        log.OnRequestCompleted(Request("/after"));

        Assert.Equal("/on\n", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task Disposing_writes_out_everything()
    {
        string file = Path.Combine(_folder.Path, "access.log");
        await using (AccessLog log = Log(AccessLog.OpenPath))
        {
            await log.ConfigureAsync(Settings(file));
            for (int i = 0; i < 5000; i++)
                log.OnRequestCompleted(Request("/x"));
            Assert.Equal(0, log.Dropped);
        }

        Assert.Equal(5000, (await File.ReadAllLinesAsync(file)).Length);
    }

    [Fact]
    public async Task A_rotated_file_is_opened_anew()
    {
        string file = Path.Combine(_folder.Path, "access.log");
        await using AccessLog log = Log(AccessLog.OpenPath);
        await log.ConfigureAsync(Settings(file));
        log.OnRequestCompleted(Request("/old"));
        await Eventually.HoldsAsync(() => File.Exists(file) && File.ReadAllText(file) == "/old\n", "the line is written");

        File.Move(file, file + ".1");
        log.Reopen();
        log.OnRequestCompleted(Request("/new"));

        await Eventually.HoldsAsync(() => File.Exists(file) && File.ReadAllText(file) == "/new\n", "the new file has the line");
        Assert.Equal("/old\n", await File.ReadAllTextAsync(file + ".1"));
    }

    [Fact]
    public async Task A_stalled_reader_costs_lines_and_never_blocks_a_request()
    {
        using StalledStream stalled = new();
        await using AccessLog log = Log(_ => stalled);
        await log.ConfigureAsync(Settings("stalled"));
        StreamInfo info = Request("/" + new string('x', 1000));

        for (int i = 0; i < 2 * AccessLogWriter.RingBytes / 1000; i++)
            log.OnRequestCompleted(info);

        Assert.True(log.Dropped > 0);
        stalled.Release();
    }

    [Fact]
    public void A_format_that_cannot_be_printed_is_a_finding_at_its_place()
    {
        SourceLocation place = new("mesh.yaml", 3, 1);

        Diagnostic finding = Assert.Single(AccessLog.Check(new AccessLogSettings("", AccessLogEncoding.Text, "%NOPE%"), place));

        Assert.Equal(place, finding.Location);
        Assert.Equal("accessLogFormat", finding.FieldPath);
        Assert.Contains("NOPE", finding.Message, StringComparison.Ordinal);
    }

    private static AccessLog Log(Func<string, Stream> open) => new(open, TimeProvider.System, NullLogger<AccessLog>.Instance);

    private static AccessLogSettings Settings(string file) => new(file, AccessLogEncoding.Text, "%REQ(:PATH)%");

    private static StreamInfo Request(string path) => new() { Path = path };

    private sealed class StalledStream : MemoryStream
    {
        private readonly TaskCompletionSource _released = new();

        public void Release() => _released.TrySetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await _released.Task;
    }
}
