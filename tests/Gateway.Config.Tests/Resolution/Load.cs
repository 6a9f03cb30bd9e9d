using System.Text;
using Gateway.Config.Diagnostics;

namespace Gateway.Config.Tests.Resolution;

internal static class Load
{
    /// <summary>Loads documents that may have errors.</summary>
    public static ConfigSet WithErrors(string yaml) => new ConfigLoader().Load([new ConfigDocument("test.yaml", Encoding.UTF8.GetBytes(yaml))]).Config;

    /// <summary>Loads documents that must be accepted without an error.</summary>
    public static ConfigSet From(string yaml)
    {
        LoadResult result = new ConfigLoader().Load([new ConfigDocument("test.yaml", Encoding.UTF8.GetBytes(yaml))]);
        Assert.DoesNotContain(result.Diagnostics, finding => finding.Severity == Severity.Error);
        return result.Config;
    }
}
