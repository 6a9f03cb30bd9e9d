using Gateway.Clusters;
using Gateway.Config.Model;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns <c>outlierDetection</c> into a cluster's settings: only what is written differs from Envoy's defaults.</summary>
internal static class OutlierCompiler
{
    private static readonly OutlierConfig Defaults = new();

    /// <summary>The settings; null = no endpoint is ever taken out.</summary>
    public static OutlierConfig? Compile(OutlierDetection? detection) => detection is null ? null : new OutlierConfig
    {
        Consecutive5xx = detection.Consecutive5xxErrors ?? Defaults.Consecutive5xx,
        ConsecutiveGateway = detection.ConsecutiveGatewayErrors ?? 0,
        ConsecutiveLocalOrigin = detection.ConsecutiveLocalOriginFailures is > 0 and uint failures ? failures : Defaults.ConsecutiveLocalOrigin,
        ErrorCodes = detection.OutlierDetectionHttpErrorCodes,
        SplitsLocalOrigin = detection.SplitExternalLocalOriginErrors is true,
        Interval = detection.Interval is { } interval && interval > TimeSpan.Zero ? interval : Defaults.Interval,
        BaseEjectionTime = detection.BaseEjectionTime is { } ejection && ejection > TimeSpan.Zero ? ejection : Defaults.BaseEjectionTime,
        MaxEjectionPercent = detection.MaxEjectionPercent is > 0 and int most ? most : Defaults.MaxEjectionPercent,
        MinHealthPercent = detection.MinHealthPercent ?? 0,
    };
}
