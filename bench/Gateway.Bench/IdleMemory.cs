using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Bench;

/// <summary>Memory of one contender.</summary>
/// <param name="Contender">Its name.</param>
/// <param name="IdleMegabytes">After the other scenarios, without connections.</param>
/// <param name="KilobytesPerConnection">With 2,000 idle connections that have had one request.</param>
/// <param name="KilobytesPerTlsConnection">The same over TLS.</param>
internal sealed record MemoryFigures(string Contender, double IdleMegabytes, double KilobytesPerConnection, double KilobytesPerTlsConnection);

/// <summary>Memory at rest.</summary>
internal static class IdleMemory
{
    private const int Connections = 2000;

    public static async Task<IReadOnlyList<MemoryFigures>> MeasureAsync(IEnumerable<Contender> contenders)
    {
        List<MemoryFigures> figures = [];
        foreach (Contender contender in contenders)
        {
            double idle = contender.Process.MemoryMegabytes();
            figures.Add(new MemoryFigures(contender.Name, idle, await PerConnectionAsync(contender, tls: false), await PerConnectionAsync(contender, tls: true)));
        }

        return figures;
    }

    private static async Task<double> PerConnectionAsync(Contender contender, bool tls)
    {
        double before = contender.Process.MemoryMegabytes();
        List<Stream> streams = new(Connections);
        try
        {
            for (int i = 0; i < Connections; i++)
                streams.Add(await OpenAsync(contender, tls));
            await Task.Delay(TimeSpan.FromSeconds(2));
            return (contender.Process.MemoryMegabytes() - before) * 1024 / Connections;
        }
        finally
        {
            foreach (Stream stream in streams)
                await stream.DisposeAsync();
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    private static async Task<Stream> OpenAsync(Contender contender, bool tls)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, tls ? contender.Tls : contender.Plain);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (tls)
        {
            var secure = new SslStream(stream);
            await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, _, _, _) => true });
            stream = secure;
        }

        await stream.WriteAsync("GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        var answer = new StringBuilder();
        byte[] buffer = new byte[2048];
        while (!answer.ToString().Contains("xxxxxxxxxxxxxxxxxxxx", StringComparison.Ordinal))
        {
            int received = await stream.ReadAsync(buffer);
            if (received == 0)
                throw new InvalidOperationException($"{contender.Name} closed an idle connection: {answer}");
            answer.Append(Encoding.ASCII.GetString(buffer, 0, received));
        }

        return stream;
    }
}
