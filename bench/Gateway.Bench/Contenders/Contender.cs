using System.Globalization;

namespace Gateway.Bench;

/// <summary>A proxy under measurement: how it is configured and started.</summary>
internal abstract class Contender(string name)
{
    /// <summary>Name in the tables.</summary>
    public string Name => name;

    public int Plain { get; } = Ports.Free();

    public int Tls { get; } = Ports.Free();

    /// <summary>Where HTTP/2 with prior knowledge is spoken.</summary>
    public virtual int H2c { get; } = Ports.Free();

    /// <summary>Bytes from here go to the static origin as they are.</summary>
    public int Tcp { get; } = Ports.Free();

    /// <summary>TLS from here goes to the static origin unopened, chosen by server name.</summary>
    public int Passthrough { get; } = Ports.Free();

    /// <summary>The running program; null = not started.</summary>
    public ProcessTree? Process { get; private set; }

    /// <summary>Whether this process was warmed up with some load before.</summary>
    public bool WasLoaded { get; set; }

    /// <summary>Whether code is compiled while it runs, so that its cost has to settle.</summary>
    public virtual bool Compiles => false;

    /// <summary>Writes its configuration and starts it on CPU 0; returns when its plain port accepts.</summary>
    public async Task StartAsync(BenchFolder folder, OriginPorts origins)
    {
        Launch(await ConfigureAsync(folder, origins), folder);
        await WaitAsync(folder);
    }

    /// <summary>Starts it with a configuration written before.</summary>
    public void Launch(Command command, BenchFolder folder) =>
        Process = ProcessTree.Start(0, Log(folder), command.Program, command.Args, command.Environment);

    /// <summary>Waits until its plain port accepts.</summary>
    public Task WaitAsync(BenchFolder folder) => Ports.WaitAsync(Plain, Process!, Log(folder));

    public void Stop()
    {
        Process?.Dispose();
        Process = null;
        WasLoaded = false;
    }

    /// <summary>Writes the configuration and tells how to start with it.</summary>
    public abstract Task<Command> ConfigureAsync(BenchFolder folder, OriginPorts origins);

    protected static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private string Log(BenchFolder folder) => Path.Combine(folder.Path, name + ".log");
}

/// <summary>How a program is started.</summary>
/// <param name="Program">Name or path.</param>
/// <param name="Args">Its arguments.</param>
/// <param name="Environment">Variables beside those of this process, <c>NAME=VALUE</c>.</param>
internal sealed record Command(string Program, string[] Args, params string[] Environment);
