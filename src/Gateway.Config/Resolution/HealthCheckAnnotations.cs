using System.Globalization;
using Gateway.Config.Binding;
using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>Reads the annotations that ask for active health checks. Pure; what cannot be read is named and not used.</summary>
public static class HealthCheckAnnotations
{
    /// <summary>What all names begin with; alone it names the protocol and switches checks on.</summary>
    public const string Prefix = "gateway/health-check";

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(1);
    private const int LargestThreshold = 100;

    /// <summary>Reads annotations.</summary>
    /// <param name="annotations">All of a resource.</param>
    /// <param name="fault">Called with the name of each annotation that is wrong, and why.</param>
    /// <returns>The settings; null = no checks are asked for, or the annotation that asks for them is wrong.</returns>
    public static HealthCheckSettings? Read(EquatableMap<string> annotations, Action<string, string>? fault = null)
    {
        var reader = new Reader(fault);
        foreach ((string name, string value) in annotations)
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
                reader.Take(name, name[Prefix.Length..], value.Trim());
        }
        return reader.Finish(annotations.ContainsKey(Prefix));
    }

    private sealed class Reader(Action<string, string>? fault)
    {
        private readonly List<(string Name, HealthCheckKind Kind)> _special = [];
        private string _any = "";
        private HealthCheckKind? _kind;
        private HealthCheckSettings _settings = new() { Kind = HealthCheckKind.Http };

        public void Take(string name, string part, string value)
        {
            if (part.Length > 0)
                _any = name;
            switch (part)
            {
                case "":
                    _kind = value.ToUpperInvariant() switch
                    {
                        "HTTP" => HealthCheckKind.Http,
                        "GRPC" => HealthCheckKind.Grpc,
                        "TCP" => HealthCheckKind.Tcp,
                        _ => null,
                    };
                    if (_kind is null)
                        fault?.Invoke(name, $"The annotation {name} must be HTTP, GRPC or TCP, not '{value}'.");
                    break;
                case "-interval":
                    _settings = _settings with { Interval = Time(name, value) ?? _settings.Interval };
                    break;
                case "-timeout":
                    _settings = _settings with { Timeout = Time(name, value) ?? _settings.Timeout };
                    break;
                case "-jitter-percent":
                    _settings = _settings with { JitterPercent = Number(name, value, 0, 100) ?? _settings.JitterPercent };
                    break;
                case "-unhealthy-threshold":
                    _settings = _settings with { UnhealthyThreshold = Number(name, value, 1, LargestThreshold) ?? _settings.UnhealthyThreshold };
                    break;
                case "-healthy-threshold":
                    _settings = _settings with { HealthyThreshold = Number(name, value, 1, LargestThreshold) ?? _settings.HealthyThreshold };
                    break;
                case "-path":
                    _special.Add((name, HealthCheckKind.Http));
                    if (value.StartsWith('/') && IsPrintable(value) && !value.Contains('#', StringComparison.Ordinal))
                        _settings = _settings with { Path = value };
                    else
                        fault?.Invoke(name, $"The annotation {name} must be a path that begins with '/', without spaces and fragment, not '{value}'.");
                    break;
                case "-expected-status":
                    _special.Add((name, HealthCheckKind.Http));
                    if (Statuses(value) is { } statuses)
                        _settings = _settings with { ExpectedStatuses = statuses };
                    else
                        fault?.Invoke(name, $"The annotation {name} must be statuses from 100 to 599 or ranges of them, such as 200-299,401, not '{value}'.");
                    break;
                case "-host":
                    if (value.Length > 0 && IsPrintable(value) && value.AsSpan().IndexOfAny("/?#@\\") < 0)
                        _settings = _settings with { Host = value };
                    else
                        fault?.Invoke(name, $"The annotation {name} must be a host, with a port if need be, not '{value}'.");
                    break;
                case "-service":
                    _special.Add((name, HealthCheckKind.Grpc));
                    if (value.Length <= 255 && IsPrintable(value))
                        _settings = _settings with { Service = value };
                    else
                        fault?.Invoke(name, $"The annotation {name} must be the name of a gRPC service.");
                    break;
                default:
                    fault?.Invoke(name, $"There is no annotation {name}; known are {Prefix} and, after it, -interval, -timeout, -jitter-percent, -unhealthy-threshold, -healthy-threshold, -path, -host, -expected-status, -service.");
                    break;
            }
        }

        public HealthCheckSettings? Finish(bool isAsked)
        {
            if (!isAsked && _any.Length > 0)
                fault?.Invoke(_any, $"The annotation {_any} has no effect without {Prefix}, which names the protocol.");
            if (_kind is not { } kind)
                return null;
            foreach ((string name, HealthCheckKind needed) in _special)
            {
                if (needed != kind)
                    fault?.Invoke(name, $"The annotation {name} is for {needed.ToString().ToUpperInvariant()} checks.");
            }
            return _settings with { Kind = kind };
        }

        private TimeSpan? Time(string name, string value)
        {
            if (GoDuration.TryParse(value, out TimeSpan time) && time >= ShortestInterval && time <= LongestTime)
                return time;
            fault?.Invoke(name, $"The annotation {name} must be a duration from 100ms to 24h, such as 5s, not '{value}'.");
            return null;
        }

        private int? Number(string name, string value, int least, int most)
        {
            if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most)
                return number;
            fault?.Invoke(name, $"The annotation {name} must be a whole number from {least} to {most}, not '{value}'.");
            return null;
        }

        private static EquatableArray<(int, int)>? Statuses(string value)
        {
            List<(int, int)> ranges = [];
            foreach (string part in value.Split(',', StringSplitOptions.TrimEntries))
            {
                string[] ends = part.Split('-');
                if (ends.Length > 2 || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                    || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
                    || first is < 100 or > 599 || last is < 100 or > 599 || last < first)
                {
                    return null;
                }
                ranges.Add((first, last));
            }
            return ranges.ToEquatableArray();
        }

        private static bool IsPrintable(string text) => !text.AsSpan().ContainsAnyExceptInRange('!', '~');
    }
}
