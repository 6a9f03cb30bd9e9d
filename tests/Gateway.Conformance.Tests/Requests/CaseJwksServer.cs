using System.Globalization;
using System.Text;
using Gateway.Config;
using Gateway.Conformance.Tests.Cases;
using Gateway.Testing;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>The server that a case's documents name <c>{{JWKS_SERVER}}</c>: the key set at <c>/jwks</c>, on demand after a delay.</summary>
internal static class CaseJwksServer
{
    private const string Placeholder = "{{JWKS_SERVER}}";

    /// <summary>Starts the server if a document names it; null = none does.</summary>
    public static async Task<ScriptedHttpServer?> StartAsync(ConformanceCase test, IReadOnlyList<ConfigDocument> documents)
    {
        if (!documents.Any(document => Encoding.UTF8.GetString(document.Text.Span).Contains(Placeholder, StringComparison.Ordinal)))
            return null;
        byte[] keys = await File.ReadAllBytesAsync(test.File.Locate("tokens/jwks.json"));
        return await ScriptedHttpServer.StartAsync(async context =>
        {
            string delay = context.Request.Query["delay"].ToString();
            if (delay.Length > 0)
                await Task.Delay(int.Parse(delay.Replace("ms", "", StringComparison.Ordinal), CultureInfo.InvariantCulture), context.RequestAborted);
            await context.Response.Body.WriteAsync(keys, context.RequestAborted);
        });
    }

    /// <summary>The documents with the server's address.</summary>
    public static IEnumerable<ConfigDocument> Resolve(IReadOnlyList<ConfigDocument> documents, ScriptedHttpServer? server) => server is null
        ? documents
        : documents.Select(document => new ConfigDocument(
            document.Source, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(document.Text.Span).Replace(Placeholder, server.Url, StringComparison.Ordinal))));
}
