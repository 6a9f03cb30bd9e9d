using Gateway.Fuzz;
using SharpFuzz;

// list                  names of the targets
// instrument FOLDER     counts branches in the copies of the product's assemblies there
// TARGET                runs under AFL++: an input on standard input, again and again
// TARGET FILE...        runs the files and says which ones fail
return args switch
{
    ["list"] => List(),
    ["instrument", string folder] => Instrument(folder),
    [string name] when FuzzTargets.All.TryGetValue(name, out Action<byte[]>? target) => Serve(target),
    [string name, ..] when FuzzTargets.All.TryGetValue(name, out Action<byte[]>? target) => Replay(target, args.AsSpan(1)),
    _ => Usage(),
};

static int List()
{
    foreach (string name in FuzzTargets.All.Keys)
        Console.WriteLine(name);
    return 0;
}

static int Instrument(string folder)
{
    foreach ((string assembly, string[] prefixes) in FuzzTargets.Instrumented)
    {
        int types = Fuzzer.Instrument(Path.Combine(folder, assembly), name => prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)), Options.Value).Count();
        Console.WriteLine($"{assembly}: {types} types");
        if (types == 0)
            return 1;
    }

    return 0;
}

static int Serve(Action<byte[]> target)
{
    byte[] buffer = new byte[FuzzTargets.MaxBytes];
    Fuzzer.Run(stream =>
    {
        int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        target(buffer.AsSpan(0, length).ToArray());
    });
    return 0;
}

static int Replay(Action<byte[]> target, ReadOnlySpan<string> files)
{
    int failed = 0;
    foreach (string file in files)
    {
        try
        {
            target(File.ReadAllBytes(file));
            Console.WriteLine($"{file}: holds");
        }
        catch (Exception e)
        {
            Console.WriteLine($"{file}: {e}");
            failed++;
        }
    }

    return failed == 0 ? 0 : 1;
}

static int Usage()
{
    Console.Error.WriteLine("Gateway.Fuzz list | instrument FOLDER | TARGET [FILE...]");
    return 2;
}
