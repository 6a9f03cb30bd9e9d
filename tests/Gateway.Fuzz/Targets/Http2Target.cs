using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using System.Text;
using Gateway.Clusters;
using Gateway.Clusters.Http1;
using Gateway.Clusters.Http2;
using Gateway.Transport;

namespace Gateway.Fuzz.Targets;

/// <summary>
/// A connection of our HTTP/2 client with four requests under way, and a peer that sends any bytes. Every stream ends in
/// an answer or a failure, nothing is kept, and it comes to the same however the bytes are cut.
/// </summary>
internal static class Http2Target
{
    private const int Requests = 4;
    private const int MaxBlocks = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly Lazy<Bed> Shared = new(() => new Bed());

    public static void Run(byte[] input)
    {
        if (input.Length < 2)
            return;
        byte[] wire = (input[0] & 1) == 0 ? FrameScript.Frames(input.AsSpan(2)) : input[2..];
        string whole = Shared.Value.Tell(wire, [wire.Length]);
        string pieces = Shared.Value.Tell(wire, Pieces.Lengths(input[1], wire.Length));
        Check.Same(whole, pieces, "whole and in pieces");
    }

    private sealed class Bed : IDisposable
    {
        private readonly EventLoop _loop;
        private readonly Http2Pool _pool;
        private readonly ManualResetEventSlim _done = new();
        private Exception? _failure;

        public Bed()
        {
            var config = new ClusterConfig { Name = "a", Host = "a", Port = 80, Identity = DestinationIdentity.Unknown };
            var endpoint = new UpstreamEndpoint(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1), "127.0.0.1:1");
            _loop = new EventLoop(0, e => _failure ??= e);
            _loop.Start();
            _pool = new Http2Pool(_loop, endpoint, new Cluster(config, TimeProvider.System, new Random(1), static _ => null), "", new Http2Options());
        }

        public void Dispose()
        {
            _loop.Dispose();
            _done.Dispose();
        }

        public string Tell(byte[] wire, IEnumerable<int> pieces)
        {
            string story = "";
            _failure = null;
            _done.Reset();
            _loop.Post(_ => _ = RunAsync(), null);
            Check.That(_done.Wait(Patience), "it ends");
            if (_failure is { } failure)
                ExceptionDispatchInfo.Throw(failure);
            return story;

            async Task RunAsync()
            {
                try
                {
                    story = await TalkAsync(wire, pieces);
                }
                catch (Exception e)
                {
                    _failure ??= e;
                }

                _done.Set();
            }
        }

        private async Task<string> TalkAsync(byte[] wire, IEnumerable<int> pieces)
        {
            var channel = new ScriptedChannel(_loop);
            bool closed = false;
            var connection = new Http2Connection(channel, _pool, new Http2Options(), () => closed = true);
            ValueTask<Http2Failure> opening = connection.OpenAsync(Patience);
            var streams = new List<Http2Stream>();
            for (int i = 0; i < Requests; i++)
            {
                connection.Encoder.Begin();
                connection.Encoder.AddStatic(i == 2 ? 3 : 2);
                connection.Encoder.Add(":path", "/");
                streams.Add(connection.Open(endsStream: i != 1, isHead: i == 3));
            }

            int at = 0;
            foreach (int piece in pieces)
            {
                channel.Arrive(wire.AsSpan(at, piece));
                at += piece;
                await _loop.YieldAsync();
            }

            await _loop.YieldAsync();
            string story = closed ? "closed by us\n" : "open\n";
            channel.End();
            await _loop.YieldAsync();
            Check.That(closed && connection.IsClosed && channel.IsClosed, "the end of the peer is the end");
            await opening;
            var text = new StringBuilder(story);
            foreach (Http2Stream stream in streams)
                await TellAsync(stream, text);
            foreach (Http2Stream stream in streams)
                connection.Release(stream);
            Check.That(_loop.Pool.Blocks <= MaxBlocks, "buffers come back");
            Check.Same(0, _pool.Connections + _pool.Waiting, "nothing is left in the pool");
            return text.ToString();
        }

        private static async Task TellAsync(Http2Stream stream, StringBuilder text)
        {
            Check.That(stream.Failure != Http2Failure.None || stream.RemoteEnded, "a stream has its answer or a failure");
            Check.That(stream.Status is 0 or (>= 200 and <= 999), "an answer has a final status");
            Check.That(stream.Failure != Http2Failure.None || stream.Status != 0, "an answer has a head");
            text.Append(stream.Status).Append('|').Append(stream.Failure).Append('|').Append(stream.RemoteEnded).Append('|').Append(stream.ContentLength).Append('|').Append(stream.Buffered).Append('\n');
            foreach (HeaderLine line in stream.Status == 0 ? [] : stream.Head.Concat(stream.RemoteEnded ? stream.Trailers : []))
            {
                Check.That(line.Kind != HeaderKind.Invalid && !line.Value.AsSpan().ContainsAny("\r\n\0"), "an answer has clean lines");
                text.Append(line.Name).Append('=').Append(line.Value).Append('\n');
            }

            if (stream.RemoteEnded && stream.Failure == Http2Failure.None && stream.ContentLength >= 0 && stream.BodyLeft != 0)
                throw new PropertyException("a whole answer is as long as it says");
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            int buffered = stream.Buffered;
            Check.Same(buffered, stream.Take(pipe.Writer), "all is taken");
            await pipe.Writer.CompleteAsync();
            if (buffered == 0)
                return;
            ReadResult read = await pipe.Reader.ReadAsync();
            Check.Same(buffered, (int)read.Buffer.Length, "what was buffered is what is read");
            var hash = new HashCode();
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                foreach (byte b in segment.Span)
                    hash.Add(b);
            }

            text.Append(hash.ToHashCode()).Append('\n');
            await pipe.Reader.CompleteAsync();
        }
    }
}
