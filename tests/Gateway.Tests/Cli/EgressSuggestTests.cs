using System.Text;
using System.Text.Json;
using Gateway.Cli;
using Gateway.Config;
using Gateway.Config.Diagnostics;

namespace Gateway.Tests.Cli;

public sealed class EgressSuggestTests
{
    [Fact]
    public void What_was_refused_becomes_entries_that_load()
    {
        using JsonDocument denied = JsonDocument.Parse("""
            [{"host":"api.example.com","port":443,"protocol":"CONNECT","source":"10.0.0.7","count":3},
             {"host":"api.example.com","port":80,"protocol":"HTTP","source":"10.0.0.8","count":1},
             {"host":"db.example.com","port":5432,"protocol":"CONNECT","source":"10.0.0.7","count":1},
             {"host":"sni.example.com","port":8443,"protocol":"TLS","source":"10.0.0.7","count":1},
             {"host":"169.254.169.254","port":80,"protocol":"HTTP","source":"10.0.0.7","count":9},
             {"host":"x\n---\nkind: Gateway","port":80,"protocol":"HTTP","source":"10.0.0.7","count":1}]
            """);
        var text = new StringWriter();

        EgressCommand.Write(text, denied.RootElement, "egress");
        LoadResult load = new ConfigLoader().Load([new ConfigDocument("suggested.yaml", Encoding.UTF8.GetBytes(text.ToString()))]);

        Assert.DoesNotContain(load.Diagnostics, finding => finding.Severity == Severity.Error);
        Assert.Equal(["allow-api-example-com", "allow-db-example-com", "allow-sni-example-com"], load.Config.ServiceEntries.Select(entry => entry.Metadata.Name));
        Assert.Equal([(80, "HTTP"), (443, "TLS")], load.Config.ServiceEntries[0].Spec.Ports.Select(port => (port.Number!.Value, port.Protocol!)));
        Assert.Equal("TLS", Assert.Single(load.Config.ServiceEntries[2].Spec.Ports).Protocol);
        Assert.Contains("tls route", text.ToString(), StringComparison.Ordinal);
        Assert.Empty(load.Config.Gateways);
    }
}
