using Gateway.Streams;
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
}
