namespace Gateway.Integration.Tests.Tools;

/// <summary>A real browser without a window.</summary>
internal static class Chromium
{
    /// <summary>The program.</summary>
    public const string Name = "chromium";

    /// <summary>Opens a page and waits until it and all that its scripts fetch is there.</summary>
    /// <param name="url">The page.</param>
    /// <param name="trustedKeys">Base64 of the SHA-256 hashes of public keys: whose certificate chains hold one of them, is trusted.</param>
    /// <param name="hosts">Where hosts are: <c>name:port</c> to <c>address:port</c>. Others do not exist.</param>
    /// <returns>The document as it then is.</returns>
    public static async Task<string> OpenAsync(string url, string[] trustedKeys, params (string Host, string Address)[] hosts)
    {
        string profile = Directory.CreateTempSubdirectory("gateway-chromium").FullName;
        try
        {
            (_, string output) = await CommandLineTool.RunAsync(
                Name, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-sync",
                "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--mute-audio",
                // It would ask for https by itself and never see a redirect.
                "--disable-features=HttpsUpgrades,HttpsFirstBalancedMode,HttpsFirstBalancedModeAutoEnable,Translate,OptimizationHints",
                "--user-data-dir=" + profile, "--ignore-certificate-errors-spki-list=" + string.Join(',', trustedKeys),
                "--host-resolver-rules=" + string.Join(", ", hosts.Select(host => $"MAP {host.Host} {host.Address}")) + ", MAP * ~NOTFOUND",
                "--virtual-time-budget=20000", "--dump-dom", url);
            return output;
        }
        finally
        {
            // Its last children may still write there.
            try
            {
                Directory.Delete(profile, recursive: true);
            }
            catch (IOException)
            {
                // The system clears its temporary files.
            }
        }
    }
}
