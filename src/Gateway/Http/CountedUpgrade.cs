using Gateway.Streams;
using Gateway.Transport;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http;

/// <summary>
/// The client's stream after it has changed protocols, counting its bytes. Stands in for the server's features: for
/// HTTP/1 a changed connection, for HTTP/2 an extended CONNECT.
/// </summary>
internal sealed class CountedUpgrade : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    private readonly IHttpUpgradeFeature? _upgrade;
    private readonly IHttpExtendedConnectFeature? _connect;
    private readonly StreamInfo _info;

    private CountedUpgrade(IHttpUpgradeFeature? upgrade, IHttpExtendedConnectFeature? connect, StreamInfo info)
    {
        _upgrade = upgrade;
        _connect = connect;
        _info = info;
    }

    public bool IsUpgradableRequest => _upgrade is { IsUpgradableRequest: true };

    public bool IsExtendedConnect => _connect is { IsExtendedConnect: true };

    public string? Protocol => _connect?.Protocol;

    /// <summary>The protocol that an extended CONNECT asks for; null = it is none.</summary>
    public static string? ProtocolOf(IFeatureCollection features) =>
        features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect ? connect.Protocol : null;

    /// <summary>Puts itself before the server's feature.</summary>
    public static void Attach(IFeatureCollection features, StreamInfo info)
    {
        if (features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
            features.Set<IHttpExtendedConnectFeature>(new CountedUpgrade(null, connect, info));
        else if (features.Get<IHttpUpgradeFeature>() is { } upgrade)
            features.Set<IHttpUpgradeFeature>(new CountedUpgrade(upgrade, null, info));
    }

    public async Task<Stream> UpgradeAsync() => new CountedDuplex(await _upgrade!.UpgradeAsync(), _info);

    public async ValueTask<Stream> AcceptAsync() => new CountedDuplex(await _connect!.AcceptAsync(), _info);

    private sealed class CountedDuplex(Stream inner, StreamInfo info) : AsyncStream
    {
        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await inner.ReadAsync(buffer, cancellationToken);
            info.BytesReceived += count;
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            info.BytesSent += buffer.Length;
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
