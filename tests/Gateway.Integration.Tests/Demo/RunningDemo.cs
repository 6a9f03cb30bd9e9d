using System.Text.RegularExpressions;
using Gateway.Cli;
using Gateway.Testing;

namespace Gateway.Integration.Tests.Demo;

/// <summary><c>gateway demo</c> as a user starts it, on free ports and on a copy of the sample's files.</summary>
internal sealed partial class RunningDemo : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly LockedText _output = new();
    private readonly LockedText _errors = new();
    private Task<int> _exit = null!;

    private RunningDemo(string folder) => Folder = folder;

    /// <summary>The folder it serves: <c>bookinfo</c>, with <c>bookinfo-try</c> beside it.</summary>
    public string Folder { get; }

    public string Output => _output.ToString();

    public Uri Http { get; private set; } = null!;

    public Uri Https { get; private set; } = null!;

    public static async Task<RunningDemo> StartAsync()
    {
        var demo = new RunningDemo(Path.Combine(CopySamples(), "bookinfo"));
        demo._exit = demo.RunAsync("--http-port", "0", "--https-port", "0");
        await Eventually.HoldsAsync(() => demo._exit.IsCompleted || demo.Output.Contains("Ctrl+C", StringComparison.Ordinal), "the demo serves");
        Assert.False(demo._exit.IsCompleted, "the demo ended: " + demo._errors);
        demo.Http = new Uri(PageUrl().Matches(demo.Output).Select(m => m.Value).First(u => u.StartsWith("http:", StringComparison.Ordinal)));
        demo.Https = new Uri(PageUrl().Matches(demo.Output).Select(m => m.Value).First(u => u.StartsWith("https:", StringComparison.Ordinal)));
        return demo;
    }

    /// <summary>Starts it in the expectation that it ends by itself.</summary>
    public static async Task<(int ExitCode, string Errors)> FailAsync(params string[] options)
    {
        await using var demo = new RunningDemo(Path.Combine(CopySamples(), "bookinfo"));
        demo._exit = demo.RunAsync(options);
        int code = await demo._exit.WaitAsync(Eventually.Deadline);
        return (code, demo._errors.ToString());
    }

    /// <summary>Ends it as Ctrl+C does; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        return await _exit.WaitAsync(Eventually.Deadline);
    }

    /// <summary>Puts another text in the place of <c>reviews.yaml</c>.</summary>
    public void SetReviews(string text) => File.WriteAllText(Path.Combine(Folder, "reviews.yaml"), text);

    /// <summary>One of the files to try.</summary>
    public string Alternative(string name) => File.ReadAllText(Path.Combine(Folder + "-try", name));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        Directory.Delete(Path.GetDirectoryName(Folder)!, recursive: true);
    }

    private Task<int> RunAsync(params string[] options)
    {
        var console = new CliConsole(_output, _errors, isTerminal: false);
        string[] arguments =
        [
            "demo", "--config-dir", Folder, "--admin-address", "127.0.0.1:0", "--health-port", "127.0.0.1:0", "--metrics-port", "127.0.0.1:0",
            "--log-level", "error", .. options,
        ];
        return Task.Run(() => new GatewayCli(console).RunAsync(arguments, _stop.Token));
    }

    private static string CopySamples()
    {
        string target = Directory.CreateTempSubdirectory("gateway-demo-test-").FullName;
        foreach (string sample in new[] { "bookinfo", "bookinfo-try" })
        {
            DirectoryInfo folder = Directory.CreateDirectory(Path.Combine(target, sample));
            foreach (string file in Directory.GetFiles(Path.Combine(Repository(), "samples", sample)))
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
        }

        return target;
    }

    private static string Repository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
            folder = folder.Parent;
        return folder!.FullName;
    }

    [GeneratedRegex(@"https?://localhost:\d+/productpage")]
    private static partial Regex PageUrl();
}
