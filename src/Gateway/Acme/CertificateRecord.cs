using System.Text.Json;
using Gateway.Acme.State;

namespace Gateway.Acme;

/// <summary>What replicas know of the orders of one certificate, beside the certificate itself.</summary>
internal sealed record CertificateRecord
{
    /// <summary>Failed orders in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Nothing is ordered before.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>Why the latest order failed; null = it has not.</summary>
    public string? LastError { get; init; }

    /// <summary>The directory the certificate came from.</summary>
    public string Directory { get; init; } = "";

    /// <summary>What the authority says of renewing; null = nothing yet.</summary>
    public RenewalWindow? Window { get; init; }

    /// <summary>When renewal information is fetched again.</summary>
    public DateTimeOffset AskAt { get; init; }

    /// <summary>Reads one; what cannot be read is as if nothing were known.</summary>
    public static async Task<CertificateRecord> ReadAsync(IAcmeState state, string id, CancellationToken cancellationToken)
    {
        if (await state.ReadAsync(NameOf(id), cancellationToken) is not { } json)
            return new CertificateRecord();
        try
        {
            return AcmeJson.Read(json, root => new CertificateRecord
            {
                Failures = root.GetProperty("failures").GetInt32(),
                NotBefore = AcmeJson.Time(root, "notBefore"),
                LastError = AcmeJson.Text(root, "lastError"),
                Directory = AcmeJson.Text(root, "directory") ?? "",
                Window = root.TryGetProperty("window", out JsonElement window) ? new RenewalWindow(AcmeJson.Time(window, "start"), AcmeJson.Time(window, "end"), null) : null,
                AskAt = AcmeJson.Time(root, "askAt"),
            });
        }
        catch (Exception e) when (e is AcmeException or KeyNotFoundException)
        {
            return new CertificateRecord();
        }
    }

    /// <summary>Stores it.</summary>
    public ValueTask WriteAsync(IAcmeState state, string id, CancellationToken cancellationToken) => state.WriteAsync(
        NameOf(id),
        AccountKey.Json(writer =>
        {
            writer.WriteNumber("failures", Failures);
            writer.WriteString("notBefore", NotBefore);
            if (LastError is not null)
                writer.WriteString("lastError", LastError);
            writer.WriteString("directory", Directory);
            if (Window is { } window)
            {
                writer.WriteStartObject("window");
                writer.WriteString("start", window.Start);
                writer.WriteString("end", window.End);
                writer.WriteEndObject();
            }
            writer.WriteString("askAt", AskAt);
        }),
        cancellationToken);

    private static string NameOf(string id) => $"certificates/{id}.json";
}
