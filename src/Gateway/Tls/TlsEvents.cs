using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Gateway.Tls;

/// <summary>Counts how handshakes of clients end, and says in the log why certificates are refused. Thread-safe.</summary>
internal sealed partial class TlsEvents(ILogger logger)
{
    private static readonly int Reasons = Enum.GetValues<ClientCertificateReason>().Length;

    private readonly long[] _refused = new long[Reasons];
    private long _succeeded;
    private long _failed;

    /// <summary>Handshakes that succeeded.</summary>
    public long Succeeded => Interlocked.Read(ref _succeeded);

    /// <summary>Handshakes that failed, for whatever reason.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Client certificates refused for a reason.</summary>
    public long Refused(ClientCertificateReason reason) => Interlocked.Read(ref _refused[(int)reason]);

    /// <summary>A handshake has ended.</summary>
    public void OnHandshake(bool succeeded) => Interlocked.Increment(ref succeeded ? ref _succeeded : ref _failed);

    /// <summary>A client's certificate was refused.</summary>
    public void OnRefused(ClientCertificateFault fault, X509Certificate2? certificate)
    {
        Interlocked.Increment(ref _refused[(int)fault.Reason]);
        Log.Refused(logger, fault.Reason, fault.Text, certificate?.Subject ?? "(none)", certificate?.SerialNumber ?? "(none)");
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "A client's certificate was refused ({Reason}): {Text} Subject {Subject}, serial number {SerialNumber}.")]
        public static partial void Refused(ILogger logger, ClientCertificateReason reason, string text, string subject, string serialNumber);
    }
}
