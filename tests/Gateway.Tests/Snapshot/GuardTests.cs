using System.Text;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Snapshot.Compilation;

namespace Gateway.Tests.Snapshot;

public sealed class GuardTests
{
    [Fact]
    public void A_defect_that_a_resource_brings_to_light_is_reported_at_it_and_goes_no_further()
    {
        ConfigSet config = new ConfigLoader().Load([new ConfigDocument("test.yaml", Encoding.UTF8.GetBytes(Compiled.HttpGateway()))]).Config;
        var context = new CompilationContext(config, Compiled.Ingress);
        Resource gateway = config.Gateways[0];

        Assert.Null(Guard.Run<string>(context, gateway, () => throw new InvalidOperationException("defect")));
        Guard.Run(context, gateway, () => throw new KeyNotFoundException("another"));

        Assert.Equal(["InvalidOperationException: defect", "KeyNotFoundException: another"],
            context.Diagnostics().Select(finding => finding.Message.Split('(', ')')[1]));
        Assert.All(context.Diagnostics(), finding => Assert.Equal(("Gateway default/gw", "test.yaml"), (finding.Resource.ToString(), finding.Location.Source)));
    }
}
