namespace Gateway.Clusters;

/// <summary>Reads answers to the gateway's own requests.</summary>
internal static class LimitedContent
{
    private const int PieceBytes = 16 * 1024;

    /// <summary>Reads a body to its end; null = it is larger than <paramref name="limit"/> bytes.</summary>
    public static async Task<byte[]?> ReadAsync(HttpContent content, int limit, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > limit)
            return null;
        await using Stream stream = await content.ReadAsStreamAsync(cancellationToken);
        using var all = new MemoryStream();
        byte[] piece = new byte[PieceBytes];
        int count;
        while ((count = await stream.ReadAsync(piece, cancellationToken)) > 0)
        {
            if (all.Length + count > limit)
                return null;
            all.Write(piece, 0, count);
        }
        return all.ToArray();
    }
}
