using System.CommandLine;
using Gateway.Config;
using Gateway.Config.Resolution;
using Gateway.Hosting;
using Gateway.Snapshot;

namespace Gateway.Cli;

/// <summary>The options of all verbs that read configuration: where it is, and who the gateway is.</summary>
internal sealed class ConfigOptions
{
    private const string LocalityVariable = "GATEWAY_LOCALITY";

    private readonly Option<string[]> _config = new("--config")
    {
        Description = "A file, or a folder that is read recursively (.yaml, .yml, .json). May be given several times.",
        HelpName = "PATH",
        Required = true,
    };

    private readonly Option<string?> _meshConfig = new("--mesh-config")
    {
        Description = "A file with Istio's MeshConfig; by default the ConfigMap 'istio' of the configuration.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _labels = new("--labels")
    {
        Description = "Labels of this gateway, k=v,k=v: only Gateways whose selector fits apply. Without it every Gateway applies.",
        HelpName = "LABELS",
    };

    private readonly Option<string> _namespace = new("--namespace")
    {
        Description = "Namespace of this gateway.",
        HelpName = "NAMESPACE",
        DefaultValueFactory = _ => "istio-system",
    };

    private readonly Option<string?> _locality = new("--locality")
    {
        Description = $"Where this gateway runs, for load balancing by locality: REGION, REGION/ZONE or REGION/ZONE/SUBZONE. Without it the variable {LocalityVariable}, else the label istio-locality or those of Kubernetes' topology.",
        HelpName = "LOCALITY",
    };

    private readonly Option<string?> _addresses = new("--addresses")
    {
        Description = "IP addresses of this gateway, A,A: ports of a ServiceEntry with one of them among its endpoints lead to it.",
        HelpName = "ADDRESSES",
    };

    private readonly Option<string> _workload = new("--workload-certificates")
    {
        Description = "The folder with the gateway's own certificate in the mesh (cert-chain.pem, key.pem, root-cert.pem), for ISTIO_MUTUAL.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => new GatewayIdentity().WorkloadCertificates,
    };

    private readonly Option<bool> _verifyServers = new("--verify-servers")
    {
        Description = "Verify the certificate and the name of every upstream server, also where a DestinationRule sets sni without subjectAltNames, or insecureSkipVerify; ISTIO_MUTUAL without any name of a server then reaches nobody.",
    };

    /// <summary>Makes the options; <paramref name="requireConfig"/> = <c>--config</c> must be given.</summary>
    public ConfigOptions(bool requireConfig = true)
    {
        _config.Required = requireConfig;
        _labels.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !OptionTexts.TryLabels(text, out _))
                result.AddError($"--labels '{text}': write k=v,k=v.");
        });
        _locality.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !OptionTexts.IsLocality(text))
                result.AddError($"--locality '{text}': write REGION, REGION/ZONE or REGION/ZONE/SUBZONE.");
        });
        _addresses.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !OptionTexts.TryAddresses(text, out _))
                result.AddError($"--addresses '{text}': write IP addresses with commas between them.");
        });
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_config);
        command.Add(_meshConfig);
        command.Add(_labels);
        command.Add(_namespace);
        command.Add(_locality);
        command.Add(_addresses);
        command.Add(_workload);
        command.Add(_verifyServers);
    }

    /// <summary>Reads the options.</summary>
    public BootstrapOptions Read(ParseResult parsed)
    {
        EquatableMap<string>? labels = null;
        if (parsed.GetValue(_labels) is { } text && OptionTexts.TryLabels(text, out Dictionary<string, string> pairs))
            labels = new EquatableMap<string>(pairs);
        EquatableArray<string> addresses = [];
        if (parsed.GetValue(_addresses) is { } list && OptionTexts.TryAddresses(list, out string[] own))
            addresses = own.ToEquatableArray();
        string? locality = parsed.GetValue(_locality) ?? Environment.GetEnvironmentVariable(LocalityVariable);
        return new BootstrapOptions
        {
            ConfigPaths = [.. parsed.GetValue(_config) ?? []],
            MeshConfigPath = parsed.GetValue(_meshConfig),
            Identity = new GatewayIdentity
            {
                Namespace = parsed.GetValue(_namespace)!,
                Labels = labels,
                Addresses = addresses,
                WorkloadCertificates = parsed.GetValue(_workload)!,
                VerifiesServers = parsed.GetValue(_verifyServers),
                Locality = locality ?? EndpointLocality.Of(labels ?? default),
            },
        };
    }
}
