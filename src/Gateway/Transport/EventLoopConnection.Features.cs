using System.Buffers;
using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Transport;

/// <content>The connection's features. One object for all of them: a connection is expensive enough.</content>
internal sealed partial class EventLoopConnection :
    IFeatureCollection,
    IConnectionIdFeature,
    IConnectionItemsFeature,
    IConnectionTransportFeature,
    IConnectionLifetimeFeature,
    IConnectionEndPointFeature,
    IMemoryPoolFeature,
    IEventLoopFeature
{
    private static long _lastId = Environment.TickCount64 << 20;

    private readonly EndPoint? _localEndPoint;
    private readonly EndPoint? _remoteEndPoint;
    private KeyValuePair<Type, object>[] _features = [];
    private int _featureCount;
    private int _revision;
    private IDuplexPipe _transport;
    private IDictionary<object, object?>? _items;
    private string? _id;

    /// <summary>Letters and digits that sort by age; made when first asked for.</summary>
    [AllowNull]
    public override string ConnectionId
    {
        get => _id ??= Interlocked.Increment(ref _lastId).ToString("X16", System.Globalization.CultureInfo.InvariantCulture);
        set => _id = value;
    }

    public override IFeatureCollection Features => this;

    [AllowNull]
    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IDuplexPipe Transport
    {
        get => _transport;
        set => _transport = value;
    }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint
    {
        get => _localEndPoint;
        set => throw new NotSupportedException();
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _remoteEndPoint;
        set => throw new NotSupportedException();
    }

    MemoryPool<byte> IMemoryPoolFeature.MemoryPool => Loop.Pool;

    bool IFeatureCollection.IsReadOnly => false;

    int IFeatureCollection.Revision => _revision;

    object? IFeatureCollection.this[Type key]
    {
        get => Find(key);
        set => Set(key, value);
    }

    TFeature? IFeatureCollection.Get<TFeature>()
        where TFeature : default => (TFeature?)Find(typeof(TFeature));

    void IFeatureCollection.Set<TFeature>(TFeature? instance)
        where TFeature : default => Set(typeof(TFeature), instance);

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        for (int i = 0; i < _featureCount; i++)
            yield return _features[i];

        foreach (Type type in Own)
        {
            if (IndexOf(type) < 0)
                yield return new(type, this);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static readonly Type[] Own =
    [
        typeof(IConnectionTransportFeature),
        typeof(IConnectionIdFeature),
        typeof(IConnectionItemsFeature),
        typeof(IConnectionLifetimeFeature),
        typeof(IConnectionEndPointFeature),
        typeof(IMemoryPoolFeature),
        typeof(IEventLoopFeature),
    ];

    // What was set goes before what the connection is by itself. There are about ten: a scan is the fastest look-up.
    private object? Find(Type type)
    {
        int index = IndexOf(type);
        if (index >= 0)
            return _features[index].Value;

        return Array.IndexOf(Own, type) >= 0 ? this : null;
    }

    private void Set(Type type, object? instance)
    {
        _revision++;
        int index = IndexOf(type);
        if (instance is null)
        {
            if (index >= 0)
                _features[index] = _features[--_featureCount];

            return;
        }

        if (index < 0)
        {
            if (_featureCount == _features.Length)
                Array.Resize(ref _features, Math.Max(8, _featureCount * 2));

            index = _featureCount++;
        }

        _features[index] = new(type, instance);
    }

    private int IndexOf(Type type)
    {
        for (int i = 0; i < _featureCount; i++)
        {
            if (_features[i].Key == type)
                return i;
        }

        return -1;
    }
}
