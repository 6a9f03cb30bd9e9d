using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>Delays and aborts that a rule injects.</summary>
internal static class FaultRules
{
    private static readonly HashSet<string> GrpcStatuses = new(StringComparer.Ordinal)
    {
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE",
        "DATA_LOSS", "UNAUTHENTICATED",
    };

    /// <summary>Checks the fault of a rule.</summary>
    public static void Check(Findings findings, HttpFaultInjection? fault)
    {
        if (fault is null)
            return;
        if (fault.Abort is null && fault.Delay is null)
            findings.Error(fault, "", "HTTP fault injection must have an abort and/or a delay; leave fault out for none.");
        CheckAbort(findings, fault.Abort);
        CheckDelay(findings, fault.Delay);
    }

    private static void CheckAbort(Findings findings, HttpFaultAbort? abort)
    {
        if (abort is null)
            return;
        ScalarRules.CheckFaultPercentage(findings, abort, "percentage", abort.Percentage);
        if (abort.GrpcStatus is { } status)
        {
            if (!GrpcStatuses.Contains(status))
                findings.Error(abort, "grpcStatus", $"gRPC status \"{status}\" is not supported; write one of the standard names, for example NOT_FOUND.");
        }
        else if (abort.Http2Error is not null)
        {
            findings.Error(abort, "http2Error", "HTTP/2 abort fault injection is not supported.");
        }
        else if (abort.HttpStatus is { } httpStatus)
        {
            ScalarRules.CheckHttpStatus(findings, abort, "httpStatus", httpStatus);
        }
    }

    private static void CheckDelay(Findings findings, HttpFaultDelay? delay)
    {
        if (delay is null)
            return;
        ScalarRules.CheckFaultPercentage(findings, delay, "percentage", delay.Percentage);
        ScalarRules.CheckDuration(findings, delay, "fixedDelay", delay.FixedDelay);
        ScalarRules.CheckDuration(findings, delay, "exponentialDelay", delay.ExponentialDelay);
        if (delay.ExponentialDelay is not null)
            findings.Error(delay, "exponentialDelay", "exponentialDelay is not supported; use fixedDelay.");
    }
}
