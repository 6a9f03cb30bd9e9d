namespace Gateway.Bench;

/// <summary>Measures one scenario: probe, warm up, then interleaved rounds, so that what the machine does otherwise falls on all alike.</summary>
internal sealed class ScenarioRun(Scenario scenario, Roster roster, BenchFolder folder, BenchOptions options)
{
    private const int SystemCallSeconds = 1;

    public async Task<IReadOnlyList<Measurement>> RunAsync()
    {
        IReadOnlyList<Contender> contenders = scenario.Contenders?.Invoke(roster) ?? roster.Standard;
        await roster.NeedAsync(contenders);
        Entrant[] all = [.. contenders.SelectMany(contender => scenario.Variants.Where(variant => variant.Takes(contender)).Select(variant => new Entrant(contender, variant)))];
        foreach (Entrant entrant in all)
            await PrepareAsync(entrant);
        Entrant[] able = [.. all.Where(entrant => entrant.Refusal is null)];
        for (int round = 0; round < options.Rounds; round++)
        {
            foreach (Entrant entrant in able)
                entrant.Samples.Add(await WarmUp.SampleAsync(entrant.Variant.Load, entrant.Contender, folder, options.Seconds));
        }

        if (!options.Quick)
        {
            foreach (Entrant entrant in able)
                entrant.SystemCalls = await CountAsync(entrant);
        }

        return [.. all.Select(entrant => entrant.Result())];
    }

    private async Task PrepareAsync(Entrant entrant)
    {
        entrant.Refusal = await entrant.Variant.Probe(entrant.Contender, folder);
        if (entrant.Refusal is null)
            entrant.WarmUp = await WarmUp.RunAsync(entrant.Variant.Load, entrant.Contender, folder, options);
    }

    // By itself: what counts the calls makes them dearer.
    private async Task<double> CountAsync(Entrant entrant)
    {
        using SystemCallCounter? counter = await SystemCallCounter.TryStartAsync(entrant.Contender.Process!);
        if (counter is null)
            return double.NaN;
        LoadResult load = await entrant.Variant.Load(entrant.Contender, folder, SystemCallSeconds);
        long calls = await counter.StopAsync();
        return calls < 0 || load.Done == 0 ? double.NaN : (double)calls / load.Done;
    }

    private sealed class Entrant(Contender contender, Variant variant)
    {
        public Contender Contender => contender;

        public Variant Variant => variant;

        public string? Refusal { get; set; }

        public WarmUp WarmUp { get; set; } = new(double.NaN, false, 0);

        public List<Sample> Samples { get; } = [];

        public double SystemCalls { get; set; } = double.NaN;

        public Measurement Result() => new(contender.Name, variant.Name, Samples, WarmUp.Settled, WarmUp.Seconds, SystemCalls, Refusal);
    }
}
