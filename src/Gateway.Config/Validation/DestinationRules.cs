using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>Where routes and mirrors lead.</summary>
internal static class DestinationRules
{
    /// <summary>Host, subset and port of one destination.</summary>
    public static void Check(Findings findings, Destination? destination)
    {
        if (destination is null)
            return;
        if (destination.Host == "*")
            findings.Error(destination, "host", "Invalid destination host *: traffic must go to a named host.");
        else if (HostNameRules.WildcardDomain(destination.Host) is { } fault)
            findings.Error(destination, "host", fault);
        if (!string.IsNullOrEmpty(destination.Subset))
            CheckSubsetName(findings, destination, "subset", destination.Subset);
        if (destination.Port is { } port && AddressRules.PortFault(port.Number ?? 0) is { } portFault)
            findings.Error(port, "number", portFault);
    }

    /// <summary>A subset's name, where it is defined and where it is used.</summary>
    public static void CheckSubsetName(Findings findings, SpecRecord at, string field, string? name)
    {
        if (string.IsNullOrEmpty(name))
            findings.Error(at, field, "A subset name cannot be empty.");
        else if (!LabelRules.IsDnsLabel(name))
            findings.Error(at, field, $"The subset name is invalid: \"{name}\" is no DNS label.");
    }

    /// <summary>The weighted destinations of an HTTP rule.</summary>
    /// <param name="findings">Where reasons go.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="hostsAreFree">Converted from the Kubernetes Gateway API: hosts follow other rules.</param>
    public static void CheckHttp(Findings findings, HttpRoute rule, bool hostsAreFree)
    {
        long total = 0;
        foreach (HttpRouteDestination target in rule.Route)
        {
            CheckWeighted(findings, target, target.Destination, target.Weight, hostsAreFree);
            HeaderOperationRules.Check(findings, target.Headers);
            total += target.Weight ?? 0;
        }
        CheckTotal(findings, rule, rule.Route.Count, total);
    }

    /// <summary>The weighted destinations of a TCP or TLS rule.</summary>
    public static void CheckL4(Findings findings, SpecRecord rule, EquatableArray<RouteDestination> route, bool hostsAreFree)
    {
        long total = 0;
        foreach (RouteDestination target in route)
        {
            CheckWeighted(findings, target, target.Destination, target.Weight, hostsAreFree);
            total += target.Weight ?? 0;
        }
        CheckTotal(findings, rule, route.Count, total);
    }

    private static void CheckWeighted(Findings findings, SpecRecord target, Destination? destination, int? weight, bool hostIsFree)
    {
        if (destination is null)
            findings.Error(target, "destination", "A destination is required.");
        else if (!hostIsFree)
            Check(findings, destination);
        if (weight < 0)
            findings.Error(target, "weight", $"A weight must not be negative; it is {weight}.");
    }

    private static void CheckTotal(Findings findings, SpecRecord rule, int count, long total)
    {
        if (count > 1 && total == 0)
            findings.Error(rule, "route", "The total destination weight is 0: no destination would get a request.");
    }
}
