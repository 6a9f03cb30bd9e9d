using Gateway.Acme.State;

namespace Gateway.Acme;

/// <summary>
/// How often certificates with one name have been ordered, whatever came of it. Authorities count as well, and lock those
/// out who ask too often; a wrong DNS record, or a clock that makes every certificate look old, must not lead there.
/// </summary>
internal sealed class HostBudget(IAcmeState state, AcmeTiming timing, TimeProvider time)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <summary>Takes an order for each name out of the budget.</summary>
    /// <exception cref="AcmeException">A name's budget is used up; nothing was taken.</exception>
    public async Task SpendAsync(IEnumerable<string> hosts, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<(string Host, List<DateTimeOffset> Times)> all = [];
        foreach (string host in hosts)
        {
            List<DateTimeOffset> times = await ReadAsync(host, cancellationToken);
            // A clock that was set back makes orders of the future; they count by their distance, too.
            times.RemoveAll(one => (now - one).Duration() >= Week);
            Refuse(host, times, now, Hour, timing.OrdersPerHour, "hour");
            Refuse(host, times, now, Week, timing.OrdersPerWeek, "week");
            times.Add(now);
            all.Add((host, times));
        }
        foreach ((string host, List<DateTimeOffset> times) in all)
            await WriteAsync(host, times, cancellationToken);
    }

    private static void Refuse(string host, List<DateTimeOffset> times, DateTimeOffset now, TimeSpan span, int limit, string unit)
    {
        List<DateTimeOffset> within = times.FindAll(one => (now - one).Duration() < span);
        if (within.Count < limit)
            return;
        TimeSpan wait = within.Min(one => one > now ? span : one + span - now);
        throw new AcmeException($"{host} was ordered {within.Count} times within one {unit}, which is the limit.", "budget", retryAfter: wait);
    }

    private async Task<List<DateTimeOffset>> ReadAsync(string host, CancellationToken cancellationToken)
    {
        if (await state.ReadAsync(NameOf(host), cancellationToken) is not { } json)
            return [];
        try
        {
            return AcmeJson.Read(json, root => AcmeJson.Items(root, "orders").Select(item => item.GetDateTimeOffset()).ToList());
        }
        catch (AcmeException)
        {
            return [];
        }
    }

    private ValueTask WriteAsync(string host, List<DateTimeOffset> times, CancellationToken cancellationToken) => state.WriteAsync(
        NameOf(host),
        AccountKey.Json(writer =>
        {
            writer.WriteStartArray("orders");
            foreach (DateTimeOffset one in times)
                writer.WriteStringValue(one);
            writer.WriteEndArray();
        }),
        cancellationToken);

    private static string NameOf(string host) => $"budget/{host}.json";
}
