using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Gateway.Tcp;

/// <summary>
/// Moves bytes between a client and an endpoint until both have ended, each side at its own time. A reset of one side is
/// passed on to the other. What was received is sent from the buffer it was received into.
/// </summary>
internal sealed class TcpSession(TcpDownstream downstream, TcpUpstream upstream, TimeProvider time)
{
    private long _received;
    private long _sent;
    private long _lastActivity = time.GetTimestamp();
    private volatile bool _stopped;

    /// <summary>Bytes from the client that the endpoint's socket has taken.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Bytes from the endpoint that the client's connection has taken.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>How long nothing has been moved.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Interlocked.Read(ref _lastActivity));

    /// <summary>Runs until both directions have ended.</summary>
    public async Task RunAsync()
    {
        Task up = UpAsync();
        await DownAsync();
        await up;
    }

    /// <summary>Ends the session at once. Any thread.</summary>
    public void Stop(string why)
    {
        _stopped = true;
        upstream.Close(reset: true);
        downstream.Abort(why);
    }

    private async Task UpAsync()
    {
        PipeReader input = downstream.Input;
        try
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync();
                if (!read.Buffer.IsEmpty)
                {
                    if (!await TrySendAsync(read.Buffer))
                        return;
                    Count(ref _received, read.Buffer.Length);
                }
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled)
                    break;
            }
            await upstream.EndAsync();
        }
        catch (Exception e) when (IsBroken(e))
        {
            upstream.Close(reset: true);
        }
    }

    /// <summary>False = the endpoint takes no more. What it sent before is still to be delivered, so nothing else is done about it here.</summary>
    private async ValueTask<bool> TrySendAsync(ReadOnlySequence<byte> data)
    {
        try
        {
            await upstream.SendAsync(data);
            return true;
        }
        catch (Exception e) when (IsBroken(e))
        {
            downstream.Input.AdvanceTo(data.End);
            return false;
        }
    }

    private async Task DownAsync()
    {
        PipeWriter output = downstream.Output;
        try
        {
            while (await ReceiveAsync(output) is > 0 and int received)
            {
                FlushResult flush = await output.FlushAsync();
                Count(ref _sent, received);
                if (flush.IsCompleted || flush.IsCanceled)
                    break;
            }
            if (!_stopped)
                await downstream.EndAsync();
        }
        catch (Exception e) when (IsBroken(e))
        {
            Stop("The client's connection is broken.");
        }
    }

    private async ValueTask<int> ReceiveAsync(PipeWriter output)
    {
        try
        {
            return await upstream.ReceiveAsync(output);
        }
        catch (Exception e) when (IsBroken(e))
        {
            // The client must not take what it got for all there was.
            Stop("The upstream's connection is broken.");
            return 0;
        }
    }

    private void Count(ref long counter, long bytes)
    {
        Interlocked.Add(ref counter, bytes);
        Interlocked.Exchange(ref _lastActivity, time.GetTimestamp());
    }

    private static bool IsBroken(Exception e) => e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;
}
