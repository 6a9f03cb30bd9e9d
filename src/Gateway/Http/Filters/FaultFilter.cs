using Gateway.Routing;
using Gateway.Streams;

namespace Gateway.Http.Filters;

/// <summary>Holds requests back and answers them with an error, as their route says. Nothing of the body is read meanwhile.</summary>
/// <param name="random">Draws the requests.</param>
internal sealed class FaultFilter(Random random) : HttpFilter
{
    /// <summary>Body, or grpc-message, of an abort.</summary>
    public const string Body = "fault filter abort";

    public override ValueTask<FilterResult> OnRequestAsync(RequestContext request) =>
        request.Route?.Action is ForwardAction { Fault: { } fault } ? InjectAsync(request, fault) : ValueTask.FromResult(FilterResult.Continue);

    private async ValueTask<FilterResult> InjectAsync(RequestContext request, FaultPolicy fault)
    {
        if (fault.Delay > TimeSpan.Zero && fault.DelayShare.Draw(random))
        {
            request.Info.Flags |= ResponseFlags.DelayInjected;
            await Task.Delay(fault.Delay, request.Time, request.Http.RequestAborted);
        }
        if (!fault.AbortShare.Draw(random))
            return FilterResult.Continue;
        if (fault.AbortGrpcStatus is { } grpcStatus)
            await LocalReply.SendGrpcAsync(request, grpcStatus, Body, ResponseFlags.FaultInjected, "fault_filter_abort");
        else
            await LocalReply.SendAsync(request, fault.AbortStatus, Body, ResponseFlags.FaultInjected, "fault_filter_abort");
        return FilterResult.Answered;
    }
}
