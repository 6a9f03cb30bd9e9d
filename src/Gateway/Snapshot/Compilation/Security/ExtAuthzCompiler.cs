using Gateway.Config.Model;
using Gateway.Config.Resolution;
using Gateway.Config.Validation;
using Gateway.Http.Filters.ExtAuthz;
using Gateway.Matching;

namespace Gateway.Snapshot.Compilation.Security;

/// <summary>Compiles the extension providers that CUSTOM policies name.</summary>
internal sealed class ExtAuthzCompiler(CompilationContext context)
{
    // Istio's, which leaves it to the DestinationRule to be stricter.
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(600);

    private readonly Dictionary<string, (ExtAuthzConfig? Service, string Message)> _known = new(StringComparer.Ordinal);

    /// <summary>A provider by its name; null = it cannot be asked.</summary>
    /// <param name="name">The name.</param>
    /// <param name="message">Why not, or what else there is to tell; empty = nothing.</param>
    public ExtAuthzConfig? Find(string name, out string message)
    {
        if (!_known.TryGetValue(name, out (ExtAuthzConfig? Service, string Message) known))
            _known.Add(name, known = Compile(name));
        message = known.Message;
        return known.Service;
    }

    private (ExtAuthzConfig? Service, string Message) Compile(string name)
    {
        List<ExtensionProvider> named = [.. context.Config.Mesh.ExtensionProviders.Where(provider => provider.Name == name && name.Length > 0 && provider.ExtAuthz is not null)];
        if (named.Count == 0)
            return (null, "no extensionProvider of the mesh settings for authorization has this name");
        if (named.Count > 1)
            return (null, "several extensionProviders of the mesh settings have this name");
        if (ExtensionProviderRules.NameProblem(name) is { } badName)
            return (null, badName);
        ExtAuthzProvider written = named[0].ExtAuthz!;
        if (ExtensionProviderRules.Problem(written) is { } problem)
            return (null, problem);
        int slash = written.Service.IndexOf('/', StringComparison.Ordinal);
        string host = written.Service[(slash + 1)..];
        string? ns = slash < 0 ? null : written.Service[..slash];
        if (ns is null && context.Services.NamespacesOf(host) is { Count: > 1 } namespaces)
            return (null, $"several namespaces define its service {host} ({string.Join(", ", namespaces)}), and it must say whose it means: namespace/{host}");
        MeshService? service = context.Services.Find(host, ns ?? context.Identity.Namespace, ns);
        if (service is null || (ns is not null && service.Namespace != ns))
            return (null, $"nothing defines its service {written.Service}");
        (_, int index, string message) = context.Clusters.ResolveService(service, (int)written.Port);
        if (index < 0)
            return (null, message);
        return (new ExtAuthzConfig
        {
            Provider = name,
            IsGrpc = written.Protocol == ExtAuthzProtocol.Grpc,
            ClusterIndex = index,
            Authority = service.Host,
            Timeout = written.Timeout ?? DefaultTimeout,
            FailsOpen = written.FailOpen,
            StatusOnError = ExtensionProviderRules.Status(written) ?? 403,
            MaxBodyBytes = (int)(written.Body?.MaxRequestBytes ?? 0),
            AllowsPartialBody = written.Body?.AllowPartialMessage ?? false,
            PacksBytes = written.Body?.PackAsBytes ?? false,
            PathPrefix = written.PathPrefix,
            CheckedHeaders = new HeaderNamePatterns(written.IncludeRequestHeaders),
            AdditionalHeaders = [.. written.AdditionalHeaders.Select(header => KeyValuePair.Create(header.Key, HeaderText.ToWire(header.Value)))],
            ToUpstream = new HeaderNamePatterns(written.HeadersToUpstreamOnAllow),
            ToDownstreamOnAllow = new HeaderNamePatterns(written.HeadersToDownstreamOnAllow),
            ToDownstreamOnDeny = written.HeadersToDownstreamOnDeny.IsEmpty ? null : new HeaderNamePatterns(written.HeadersToDownstreamOnDeny),
        }, message.TrimEnd('.'));
    }
}
