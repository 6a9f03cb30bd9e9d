using System.Diagnostics;
using System.Globalization;

namespace Gateway.Bench;

/// <summary>The whole run: origins, then the scenarios, then the studies; tables as they come.</summary>
internal static class BenchRun
{
    public static async Task<int> RunAsync(BenchOptions options)
    {
        if (options.List)
        {
            foreach ((string name, string title) in Scenarios.All.Select(s => (s.Name, s.Title)).Concat(Study.All.Select(s => (s.Name, s.Title))))
                Console.WriteLine($"{name,-13} {title}");
            return 0;
        }

        Scenario[] scenarios = [.. Scenarios.All.Where(scenario => Wanted(options, scenario.Name, scenario.Quick))];
        Study[] studies = [.. Study.All.Where(study => Wanted(options, study.Name, quick: false))];
        if (options.Scenarios.FirstOrDefault(name => !scenarios.Any(s => s.Name == name) && !studies.Any(s => s.Name == name)) is { } unknown)
            throw new ArgumentException($"There is no scenario {unknown}; --list names them.");
        using var folder = new BenchFolder();
        var origins = new OriginPorts(Ports.Free(), Ports.Free(), Ports.Free(), Ports.Free());
        Report.Header(Noise.Measure(), options);
        using ProcessTree fixedBodies = await StaticOrigin.StartAsync(folder, origins);
        using ProcessTree app = await AppOrigin.StartAsync(folder, origins);
        using var roster = new Roster(options, folder, origins);
        if (scenarios.Any(scenario => scenario.Name == "jwt"))
            folder.WriteTokens();
        var watch = Stopwatch.StartNew();
        var measurements = new Dictionary<string, IReadOnlyList<Measurement>>();
        bool whole = true;
        foreach (Scenario scenario in scenarios)
        {
            whole &= await TryAsync(scenario.Name, roster, async () =>
            {
                measurements[scenario.Name] = await new ScenarioRun(scenario, roster, folder, options).RunAsync();
                Report.Show(scenario, measurements[scenario.Name], folder);
            });
        }

        var tables = new Dictionary<string, Table>();
        foreach (Study study in studies)
        {
            whole &= await TryAsync(study.Name, roster, async () =>
            {
                tables[study.Name] = await study.RunAsync(new StudyContext(roster, folder, origins, fixedBodies, options));
                Report.Show(study, tables[study.Name]);
            });
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nDone in {watch.Elapsed.TotalMinutes:F1} minutes."));
        if (options.JsonPath is { } path)
            await Report.WriteJsonAsync(path, new { measurements, tables });
        return whole && measurements.Values.SelectMany(rows => rows).All(row => row.IsSound) ? 0 : 1;
    }

    // One that fails costs itself, not an hour of others.
    private static async Task<bool> TryAsync(string name, Roster roster, Func<Task> measure)
    {
        try
        {
            await measure();
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Console.WriteLine($"\n{name}: failed. {exception}");
            await roster.NeedAsync([]);
            return false;
        }
    }

    private static bool Wanted(BenchOptions options, string name, bool quick) =>
        options.Scenarios.Count > 0 ? options.Scenarios.Contains(name) : quick || !options.Quick;
}
