using System.Globalization;
using Gateway.Clusters;
using Gateway.Http.Filters.Rbac;
using Gateway.Matching;
using Gateway.Routing;
using Gateway.Snapshot.Explanation;
using Spectre.Console;

namespace Gateway.Cli;

/// <summary>An explanation for people: what happens, then the way there, then the near misses.</summary>
internal static class ExplanationText
{
    private const int LabelWidth = 15;

    /// <summary>Writes it.</summary>
    public static void Write(CliConsole console, ExplainRequest request, Explanation explanation)
    {
        Line(console, "request", explanation.Tcp is null
            ? $"{request.Method} {(request.IsTls ? "https" : "http")}://{request.Authority}{request.Target} on port {request.Port}"
            : $"a connection to port {request.Port}{(request.IsTls ? $" with TLS for {request.ServerName ?? "no server name"}" : "")}");
        Line(console, "outcome", Outcome(explanation), explanation.Outcome is "forward" or "redirect" or "local_reply" ? Color.Green : Color.Red);
        Line(console, "reason", explanation.Reason);
        Line(console, "listener", explanation.Listener);
        Line(console, "filter chain", explanation.FilterChain);
        Security(console, explanation.Security);
        Line(console, "details", explanation.Details);
        Line(console, "virtual host", explanation.VirtualHost);
        if (explanation.Route is { } route)
        {
            Line(console, "route", route.Name.Length > 0 ? route.Name : "(no name)");
            Line(console, "", Origin(route.Origin));
        }
        if (explanation.Tcp is { } tcp)
            Line(console, "rule", Origin(tcp.Origin));
        Destinations(console, explanation);
        foreach (PolicyInForce policy in explanation.Policies)
        {
            Line(console, policy.Policy, policy.Text);
            Line(console, "", policy.Origin is { } origin ? Origin(origin) : "by default");
        }
        if (explanation.Upstream is { } upstream)
        {
            Line(console, "upstream sees", $"{request.Method} {upstream.Path} {upstream.Protocol}");
            Line(console, "", $"host: {upstream.Authority}");
            if (upstream.Tls is { } tls)
                Line(console, "", $"TLS with server name {tls.ServerName}; verified: {tls.Verification}{(tls.ClientCertificateSubject is { } own ? $"; shows {own}" : "")}");
            foreach ((string name, string value) in upstream.Headers)
                Line(console, "", $"{name}: {SecretText.ShowHeader(name, value)}");
        }
        foreach ((string name, string value) in explanation.ResponseHeaders)
            Line(console, "response", $"{name}: {SecretText.ShowHeader(name, value)}");
        if (!string.IsNullOrEmpty(explanation.Body))
            Line(console, "body", explanation.Body);
        NearMisses(console, explanation.NearMisses);
        if (explanation.Known.Count > 0)
            Line(console, "there is", string.Join(", ", explanation.Known));
    }

    private static void Security(CliConsole console, IReadOnlyList<SecurityStep> steps)
    {
        foreach (SecurityStep step in steps)
        {
            Line(console, step.Step, step.Verdict);
            foreach (RbacMiss miss in step.Misses)
                Line(console, "", $"{miss.Rule}: {miss.FailedCondition}", Color.Yellow);
        }
    }

    private static void Destinations(CliConsole console, Explanation explanation)
    {
        if (explanation.Weights.Count > 0)
        {
            foreach (ExplainedDestination destination in explanation.Weights)
                Destination(console, destination, string.Create(CultureInfo.InvariantCulture, $"{destination.Percent:0.##} % "));
        }
        else if (explanation.Destination is { } only)
        {
            Destination(console, only, "");
        }
    }

    private static void Destination(CliConsole console, ExplainedDestination destination, string share)
    {
        string subset = destination.Subset.Length > 0 ? $" subset {destination.Subset}" : "";
        Line(console, "destination", $"{share}{destination.Host}:{destination.Port}{subset}");
        Line(console, "", destination.Endpoints.Count > 0 ? $"endpoints {string.Join(", ", destination.Endpoints)}" : "no endpoints");
        foreach (PolicyOrigin origin in destination.Policy)
            Line(console, "", $"{origin.Part} {origin.Text}: {(origin.Resource is null ? "by default" : $"{origin.Resource} {origin.Location}")}");
    }

    private static void NearMisses(CliConsole console, IReadOnlyList<NearMiss> misses)
    {
        string label = "passed over";
        foreach (NearMiss miss in misses)
        {
            Line(console, label, $"{(miss.Route.Name.Length > 0 ? miss.Route.Name : "(no name)")}: {miss.FailedCondition}", Color.Yellow);
            Line(console, "", Origin(miss.Route.Origin));
            label = "";
        }
    }

    private static string Outcome(Explanation explanation)
    {
        string status = explanation.Status is { } code ? $" {code}" : "";
        string flag = explanation.Flag is { } name ? $" ({name})" : "";
        return $"{explanation.Outcome}{status}{flag}";
    }

    private static string Origin(ConfigOrigin origin) => $"{origin.Resource} {origin.FieldPath} at {origin.Location}";

    private static void Line(CliConsole console, string label, string? text, Color? color = null)
    {
        if (text is null)
            return;
        text = SecretText.Show(text);
        string padded = label.PadRight(LabelWidth);
        if (!console.IsTerminal)
        {
            console.Out.WriteLine($"{padded}{text}");
            return;
        }
        console.Ansi.Write(new Text(padded, new Style(Color.Grey)));
        console.Ansi.WriteLine(text, color is { } shown ? new Style(shown) : Style.Plain);
    }
}
