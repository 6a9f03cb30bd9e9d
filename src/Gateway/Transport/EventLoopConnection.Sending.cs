using System.Buffers;
using Gateway.Transport.Native;

namespace Gateway.Transport;

/// <content>
/// The sender. What is written leaves at the end of the loop's turn, without a task that waits for it; only when the socket
/// does not take all of it does one see to the rest.
/// </content>
internal sealed partial class EventLoopConnection
{
    private readonly Action _send;
    private TaskCompletionSource? _whenSendingEnded;
    private bool _isStarted;
    private bool _isSending;
    private bool _sendingEnded;
    private bool _codecEnded;

    private enum SendStep
    {
        Done,
        Unfinished,
        Ended,
    }

    /// <summary>There is something to send: written data, or the end. Any thread.</summary>
    public void WakeSender()
    {
        if (Loop.IsCurrent)
            SendSoon();
        else
            Loop.Post(static connection => ((EventLoopConnection)connection!).SendSoon(), this);
    }

    /// <summary>The codec keeps bytes that the socket did not take: the sender shall see to them, but not now. On the loop.</summary>
    public void SendKept()
    {
        if (!_isStarted || _isSending || _sendingEnded)
            return;
        _isSending = true;
        Loop.Post(static connection => ((EventLoopConnection)connection!).Send(), this);
    }

    private void SendSoon()
    {
        if (!_isStarted || _isSending || _sendingEnded)
            return;
        _isSending = true;
        if (!Loop.TryDeferToEndOfTurn(_send))
            Send();
    }

    private void Send()
    {
        SendStep step = TrySendAll(out Exception? error);
        _isSending = step == SendStep.Unfinished;
        if (step == SendStep.Unfinished)
            _ = SendRestAsync();
        else if (step == SendStep.Ended)
            EndSending(error);

        _output.ResumeWriter();
    }

    // Never faults: what goes wrong ends the connection.
    private async Task SendRestAsync()
    {
        SendStep step = SendStep.Unfinished;
        Exception? error = null;
        while (step == SendStep.Unfinished)
        {
            if (!_socket.IsWritable)
                await _socket.WaitWritableAsync();

            step = TrySendAll(out error);
            _isSending = step == SendStep.Unfinished;
            if (step == SendStep.Ended)
                EndSending(error);

            _output.ResumeWriter();
        }
    }

    private void EndSending(Exception? error)
    {
        _sendingEnded = true;
        // The reason of a broken connection is told on the input; who writes only learns that nobody takes it.
        if (error is null)
            _socket.ShutdownWrite();
        else
            Close(error, reset: true);

        _output.EndSending();
        _whenSendingEnded?.TrySetResult();
    }

    private async ValueTask FinishSendingAsync()
    {
        if (!_isStarted || _sendingEnded)
            return;
        LoopTimer timer = CloseAfter(_options.CloseTimeout);
        _whenSendingEnded = new TaskCompletionSource();
        await _whenSendingEnded.Task;
        Loop.Timers.Clear(timer);
    }

    private SendStep TrySendAll(out Exception? error)
    {
        try
        {
            return SendOnce(out error);
        }
        catch (Exception exception)
        {
            Loop.Report(exception);
            error = exception;
            return SendStep.Ended;
        }
    }

    private SendStep SendOnce(out Exception? error)
    {
        error = null;
        if (_socket.IsClosed)
        {
            error = _closeReason ?? Failure(Errno.ConnectionAborted);
            return SendStep.Ended;
        }

        bool isLast = _output.Unsent(out ReadOnlySequence<byte> data);
        if (_codec is { } codec)
            return SendOnce(codec, data, isLast, out error);

        long length = data.Length;
        long sent = length == 0 ? 0 : _socket.TrySend(data);
        if (sent == LoopSocket.Failed)
        {
            error = Failure(_socket.Error);
            return SendStep.Ended;
        }

        if (sent > 0)
            _output.Sent(sent);
        if (sent < length)
            return SendStep.Unfinished;
        if (isLast)
            error = _output.WriterError;
        return isLast ? SendStep.Ended : SendStep.Done;
    }

    // What is kept from before goes first: only then is more taken.
    private SendStep SendOnce(IConnectionCodec codec, in ReadOnlySequence<byte> data, bool isLast, out Exception? error)
    {
        error = null;
        if (codec.HasUnsent && !codec.TrySendUnsent())
        {
            error = Failure(_socket.Error);
            return SendStep.Ended;
        }

        if (codec.HasUnsent)
            return SendStep.Unfinished;

        long length = data.Length;
        long sent = length == 0 ? 0 : codec.TrySend(data);
        if (sent == LoopSocket.Failed)
        {
            error = codec.Failure ?? Failure(_socket.Error);
            return SendStep.Ended;
        }

        if (sent > 0)
            _output.Sent(sent);
        bool isAll = sent == length;
        if (isAll && isLast && !_codecEnded)
        {
            _codecEnded = true;
            codec.EndSending();
        }

        if (!isAll || codec.HasUnsent)
            return SendStep.Unfinished;
        if (isLast)
            error = _output.WriterError;
        return isLast ? SendStep.Ended : SendStep.Done;
    }
}
