using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Gateway.Http;

/// <summary>
/// Whether clients shall go elsewhere. As Envoy drains: an answer over HTTP/1 says <c>Connection: close</c>, HTTP/2 sends
/// GOAWAY with the next request; connections that are idle stay open meanwhile, as closing one can hit a request on its way.
/// </summary>
internal sealed class DrainSignal
{
    private volatile bool _isDraining;

    /// <summary>Begins; there is no way back.</summary>
    public void Begin() => _isDraining = true;

    /// <summary>Tells the client of one request, if it is to be told.</summary>
    public void Tell(RequestContext request)
    {
        if (!_isDraining)
            return;
        if (!request.IsHttp1)
        {
            request.Http.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
            return;
        }
        request.Http.Response.OnStarting(
            static state =>
            {
                var response = (HttpResponse)state;
                if (response.StatusCode != StatusCodes.Status101SwitchingProtocols)
                    response.Headers.Connection = "close";
                return Task.CompletedTask;
            },
            request.Http.Response);
    }
}
