using System.Diagnostics;
using System.Globalization;

namespace Gateway.Bench;

/// <summary>A program under measurement with its children. Disposing ends them.</summary>
internal sealed class ProcessTree : IDisposable
{
    private readonly Process _process;
    private bool _disposed;

    private ProcessTree(Process process) => _process = process;

    /// <summary>Process id of the root.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended by itself.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts a program on one CPU, with variables <c>NAME=VALUE</c> beside those of this process.</summary>
    public static ProcessTree Start(int cpu, string logPath, string program, string[] args, string[] environment)
    {
        var info = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add("log=$1; shift; exec taskset -c \"$@\" >>\"$log\" 2>&1");
        info.ArgumentList.Add("sh");
        foreach (string arg in (string[])[logPath, cpu.ToString(CultureInfo.InvariantCulture), program, .. args])
            info.ArgumentList.Add(arg);
        foreach (string variable in environment)
            info.Environment[variable[..variable.IndexOf('=')]] = variable[(variable.IndexOf('=') + 1)..];
        return new ProcessTree(Process.Start(info)!);
    }

    /// <summary>User and system time of all.</summary>
    public TimeSpan Cpu() => Cpu(All());

    /// <summary>The same of processes known before, which is quick.</summary>
    public static TimeSpan Cpu(IReadOnlyList<int> processes) => processes.Aggregate(TimeSpan.Zero, (sum, id) => sum + ProcessClock.Cpu(id));

    /// <summary>Memory of all in MB, what they share divided among those that share it (PSS), with other programs as well.</summary>
    public double SharedMegabytes() => Megabytes("Pss:");

    /// <summary>Memory of all in MB, files mapped by several counted for each (RSS).</summary>
    public double ResidentMegabytes() => Megabytes("Rss:");

    /// <summary>All process ids of the tree.</summary>
    public IReadOnlyList<int> All()
    {
        List<int> tree = [_process.Id];
        Dictionary<int, int> parents = [];
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out int id) && Fields(id) is { Length: > 4 } fields)
                parents[id] = int.Parse(fields[3], CultureInfo.InvariantCulture);
        }

        for (int i = 0; i < tree.Count; i++)
            tree.AddRange(parents.Where(pair => pair.Value == tree[i]).Select(pair => pair.Key));

        return tree;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit(5000);
        _process.Dispose();
    }

    private double Megabytes(string field)
    {
        double kilobytes = 0;
        foreach (int id in All())
        {
            try
            {
                string line = File.ReadLines($"/proc/{id}/smaps_rollup").First(text => text.StartsWith(field, StringComparison.Ordinal));
                kilobytes += double.Parse(line[field.Length..^2].Trim(), CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // Ended meanwhile.
            }
        }

        return kilobytes / 1024;
    }

    private static string[] Fields(int id)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{id}/stat");
            // The name in parentheses may hold spaces.
            int end = stat.LastIndexOf(')');
            return ["", "", .. stat[(end + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return [];
        }
    }
}
