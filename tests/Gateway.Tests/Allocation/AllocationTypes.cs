using System.Diagnostics.Tracing;
using System.Globalization;

namespace Gateway.Tests.Allocation;

/// <summary>What is allocated while it lives, by type, from the runtime's samples.</summary>
internal sealed class AllocationTypes : EventListener
{
    private const EventKeywords GarbageCollection = (EventKeywords)1;
    private const int Amount = 3;
    private const int TypeName = 5;
    private readonly Dictionary<string, long> _bytes = [];

    /// <summary>Bytes per request, the most first.</summary>
    public string Report(int requests)
    {
        lock (_bytes)
            return string.Join('\n', _bytes.OrderByDescending(type => type.Value).Select(type => string.Create(CultureInfo.InvariantCulture, $"{type.Value / (double)requests,8:F0} {type.Key}")));
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
            EnableEvents(eventSource, EventLevel.Verbose, GarbageCollection);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) != true)
            return;
        long amount = Convert.ToInt64(eventData.Payload![Amount], CultureInfo.InvariantCulture);
        string type = (string)eventData.Payload[TypeName]!;
        lock (_bytes)
            _bytes[type] = _bytes.GetValueOrDefault(type) + amount;
    }
}
