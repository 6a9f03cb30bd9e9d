using Gateway.Clusters.Http1;
using Microsoft.AspNetCore.Http;

namespace Gateway.Forwarding;

/// <summary>Puts a backend's header lines on the client's response; what the server has a field for goes there without a look-up.</summary>
internal static class ResponseLines
{
    /// <summary>Puts status and headers on a response that has none yet.</summary>
    /// <param name="response">The client's response.</param>
    /// <param name="status">The status.</param>
    /// <param name="lines">All lines; those of the connection are left out.</param>
    /// <param name="contentLength">What content-length says.</param>
    public static void Copy(HttpResponse response, int status, List<HeaderLine> lines, long contentLength)
    {
        response.StatusCode = status;
        IHeaderDictionary headers = response.Headers;
        foreach (HeaderLine line in lines)
        {
            switch (line.Kind)
            {
                case HeaderKind.TransferEncoding or HeaderKind.Connection or HeaderKind.HopByHop or HeaderKind.Pseudo:
                    break;
                case HeaderKind.ContentType when headers.ContentType.Count == 0:
                    headers.ContentType = line.Value;
                    break;
                case HeaderKind.Date when headers.Date.Count == 0:
                    headers.Date = line.Value;
                    break;
                case HeaderKind.Server when headers.Server.Count == 0:
                    headers.Server = line.Value;
                    break;
                case HeaderKind.CacheControl when headers.CacheControl.Count == 0:
                    headers.CacheControl = line.Value;
                    break;
                case HeaderKind.ETag when headers.ETag.Count == 0:
                    headers.ETag = line.Value;
                    break;
                case HeaderKind.LastModified when headers.LastModified.Count == 0:
                    headers.LastModified = line.Value;
                    break;
                case HeaderKind.ContentLength:
                    headers.ContentLength = contentLength;
                    break;
                default:
                    UpstreamResponse.Append(headers, line.Name, line.Value);
                    break;
            }
        }
    }
}
