using System.Buffers;
using System.IO.Pipelines;

namespace Gateway.Listeners;

/// <summary>Takes a PROXY header off the beginning of a connection.</summary>
internal static class ProxyHeaderReader
{
    /// <summary>Reads until the header is complete; null = there is none, or the connection ended.</summary>
    public static async ValueTask<ProxyHeader?> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync(cancellationToken);
            ProxyHeaderStatus status = Parse(read.Buffer, out ProxyHeader? header, out int length);
            if (status == ProxyHeaderStatus.Found)
            {
                input.AdvanceTo(read.Buffer.GetPosition(length));
                return header;
            }
            if (status == ProxyHeaderStatus.Malformed || read.IsCompleted || read.IsCanceled)
            {
                input.AdvanceTo(read.Buffer.Start);
                return null;
            }
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static ProxyHeaderStatus Parse(in ReadOnlySequence<byte> buffer, out ProxyHeader? header, out int length)
    {
        if (buffer.IsSingleSegment)
            return ProxyHeader.Parse(buffer.FirstSpan, out header, out length);
        byte[] copy = ArrayPool<byte>.Shared.Rent(ProxyHeader.MaxBytes);
        int count = (int)Math.Min(buffer.Length, ProxyHeader.MaxBytes);
        buffer.Slice(0, count).CopyTo(copy);
        ProxyHeaderStatus status = ProxyHeader.Parse(copy.AsSpan(0, count), out header, out length);
        ArrayPool<byte>.Shared.Return(copy);
        return status;
    }
}
