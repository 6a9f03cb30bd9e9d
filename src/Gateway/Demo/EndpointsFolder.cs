namespace Gateway.Demo;

/// <summary>
/// A temporary folder with the EndpointSlices of the running servers: a file, so that <c>gateway explain</c> can read it
/// beside the sample while the demo runs. Disposing removes it.
/// </summary>
internal sealed class EndpointsFolder : IDisposable
{
    private EndpointsFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Writes it.</summary>
    public static EndpointsFolder Write(IEnumerable<DemoEndpoint> endpoints)
    {
        string path = Directory.CreateTempSubdirectory("gateway-demo-").FullName;
        File.WriteAllText(System.IO.Path.Combine(path, "endpoints.yaml"), BookinfoDocuments.EndpointSlices(endpoints));
        return new EndpointsFolder(path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A temporary folder that is gone or held by somebody is the system's to clean.
        }
    }
}
