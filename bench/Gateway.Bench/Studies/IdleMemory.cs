using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Bench;

/// <summary>Memory of a process that was just started, and what idle connections add to it.</summary>
internal static class IdleMemory
{
    private const int First = 500;
    private const int Connections = 2000;

    // Until garbage of the handshakes is collected and pages are given back.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    public static async Task<Table> MeasureAsync(StudyContext context)
    {
        List<TableRow> rows = [];
        foreach (Contender contender in context.Roster.Standard)
        {
            await context.Roster.NeedAsync([]);
            await context.Roster.NeedAsync([contender]);
            await using (await OpenAsync(contender, tls: false))
                await Task.Delay(Rest);
            ProcessTree process = contender.Process!;
            (double shared, double resident) = (process.SharedMegabytes(), process.ResidentMegabytes());
            rows.Add(new TableRow(contender.Name, shared, resident, await PerConnectionAsync(contender, tls: false), await PerConnectionAsync(contender, tls: true), process.SharedMegabytes()));
        }

        return new Table(["idle MB", "RSS MB", "KB/conn", "KB/TLS", "after MB"], rows);
    }

    // The first ones bring in code and pools, which are there once.
    private static async Task<double> PerConnectionAsync(Contender contender, bool tls)
    {
        List<Stream> streams = new(Connections);
        try
        {
            double before = await MemoryWithAsync(First);
            return (await MemoryWithAsync(Connections) - before) * 1024 / (Connections - First);
        }
        finally
        {
            foreach (Stream stream in streams)
                await stream.DisposeAsync();
            await Task.Delay(Rest);
        }

        async Task<double> MemoryWithAsync(int count)
        {
            while (streams.Count < count)
                streams.Add(await OpenAsync(contender, tls));
            await Task.Delay(Rest);
            return contender.Process!.SharedMegabytes();
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
